// Acquire, queue, cancel, time out, resize and switch off from several threads at once.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "service/admission/limiter.hpp"

namespace sweetspot::admission {
namespace {

using namespace std::chrono_literals;

TimePoint now() { return std::chrono::steady_clock::now(); }

// A request that may be told its answer by any thread.
class Request final : public Waiter {
 public:
  void granted(Permit permit) override {
    permit_ = std::move(permit);
    told_.store(true, std::memory_order_release);
    told_.notify_one();
  }
  void shed(ShedReason) override {
    told_.store(true, std::memory_order_release);
    told_.notify_one();
  }
  Permit& wait() {
    told_.wait(false, std::memory_order_acquire);
    return permit_;
  }

 private:
  Permit permit_;
  std::atomic<bool> told_{false};
};

struct Load {
  Limiter& limiter;
  const int highest;  // no limit above it is ever set
  std::atomic<int> holding{0};
  std::atomic<bool> exceeded{false};

  void hold(Permit permit) {
    if (holding.fetch_add(1) + 1 > highest) exceeded = true;
    std::this_thread::yield();
    holding.fetch_sub(1);
    permit.release(now());
  }

  void run(unsigned seed, int requests) {
    std::mt19937 random(seed);
    for (int i = 0; i < requests; ++i) {
      Request request;
      auto acquired = limiter.acquire(request, now());
      if (acquired.answer == Limiter::Answer::granted) {
        hold(std::move(acquired.permit));
      } else if (acquired.answer == Limiter::Answer::queued) {
        if (random() % 4 == 0 && limiter.cancel(request, now())) continue;
        if (Permit& permit = request.wait()) hold(std::move(permit));
      }
    }
  }
};

// Eight threads that each run `work` with a seed, beside one that runs `operate` again and again.
template <class Work, class Operate>
void run_beside(Work work, Operate operate) {
  std::atomic<bool> done{false};
  std::thread operator_thread([&] {
    for (int i = 0; !done; ++i) operate(i);
  });
  std::vector<std::thread> workers;
  for (unsigned seed = 1; seed <= 8; ++seed) workers.emplace_back(work, seed);
  for (auto& worker : workers) worker.join();
  done = true;
  operator_thread.join();
}

TEST(Limiter, never_exceeds_its_limit_and_gets_every_permit_back_under_threads) {
  constexpr int highest = 6;
  Limiter limiter(Settings{.queue_size = 4, .queue_timeout = 200us}, highest, now());
  Load load{limiter, highest};

  run_beside([&](unsigned seed) { load.run(seed, 500); },
             [&](int i) {
               limiter.set_limit(1 + i % highest, now());
               limiter.expire(now());
               EXPECT_LE(limiter.read(now()).queue_fill, 1.0);
             });

  EXPECT_FALSE(load.exceeded);
  EXPECT_EQ(limiter.in_flight(), 0);
  EXPECT_EQ(limiter.queued(), 0);
}

TEST(Limiter, survives_switches_of_its_mode_under_threads) {
  Limiter limiter(Settings{.queue_size = 4, .queue_timeout = 1ms}, 2, now());
  Load load{limiter, 1000};

  run_beside([&](unsigned seed) { load.run(seed, 500); },
             [&](int i) {
               limiter.set_mode(static_cast<Mode>(i % 3), now());
               limiter.expire(now());
             });

  EXPECT_EQ(limiter.in_flight(), 0);
  EXPECT_EQ(limiter.queued(), 0);
}

Settings with_everything() {
  Settings settings{.queue_size = 6,
                    .queue_timeout = 300us,
                    .discipline = Discipline::adaptive,
                    .codel_target = 100us,
                    .standing_after = 200us};
  settings.groups = {{"fast", 2}, {"slow", 1}};
  settings.classes = {{.name = "default"},
                      {.name = "urgent", .priority = 5, .share = 4},
                      {.name = "heavy", .group = 1, .fair = true}};
  return settings;
}

Settings other_weights(int i) {
  Settings settings = with_everything();
  settings.queue_size = static_cast<std::size_t>(3 + i % 4);
  settings.queue_timeout = std::chrono::microseconds(200 + i % 200);
  settings.discipline = static_cast<Discipline>(i % 3);
  settings.groups[0].share = 1 + i % 3;
  settings.classes[1].priority = i % 5;
  settings.classes[2].share = 1 + i % 4;
  return settings;
}

TEST(Limiter, loses_nothing_where_all_happens_at_once_and_it_shuts_down) {
  constexpr int highest = 6;
  Limiter limiter(with_everything(), highest, now());
  std::atomic<int> holding{0};
  std::atomic<bool> exceeded{false};

  const auto operate = [&](int i) {
    limiter.set_limit(1 + i % highest, now());
    limiter.reconfigure(other_weights(i), now());
    limiter.expire(now());
    EXPECT_GE(limiter.settings()->queue_size, 3u);
    EXPECT_GE(limiter.retry_after(now()), 1);
    EXPECT_GE(limiter.read(now()).in_flight, 0);
    if (i == 500) limiter.drain();
  };
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 500; ++i) {
      Request request;
      const Demand demand{.cls = static_cast<ClassId>(random() % 3),
                          .tenant = static_cast<std::uint32_t>(random() % 5),
                          .bytes = 100,
                          .deadline = random() % 2 ? now() + 150us : TimePoint::max()};
      limiter.would_refuse(demand, now());
      auto acquired = limiter.acquire(request, now(), demand);
      if (acquired.answer == Limiter::Answer::refused) continue;
      const bool is_queued = acquired.answer == Limiter::Answer::queued;
      if (is_queued && random() % 4 == 0 && limiter.cancel(request, now())) continue;
      Permit permit = std::move(is_queued ? request.wait() : acquired.permit);
      if (!permit) continue;
      if (holding.fetch_add(1) + 1 > highest) exceeded = true;
      permit.set_stalled(random() % 4 == 0, now());
      std::this_thread::yield();
      holding.fetch_sub(1);
      if (random() % 4 != 0) permit.release(now());  // else it is dropped
    }
  };
  run_beside(work, operate);

  EXPECT_FALSE(exceeded);
  const auto reading = limiter.read(now());
  EXPECT_EQ(reading.in_flight, 0);
  EXPECT_EQ(reading.queued, 0);
  EXPECT_EQ(reading.stalled, 0);
  for (const auto& cls : reading.classes) EXPECT_EQ(cls.in_flight + cls.queued, 0);
}

}  // namespace
}  // namespace sweetspot::admission
