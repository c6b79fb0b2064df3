// The limiter against a trivial reference, over random sequences of everything that can happen.
#include <rapidcheck.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "tests/service/admission/recording_waiter.hpp"

namespace sweetspot::admission {
namespace {

using namespace std::chrono_literals;

constexpr int queue_size = 6;
constexpr Duration queue_timeout = 50ms;

// What the limiter must do, said as plainly as it can be.
struct Model {
  struct Waiting {
    int id;
    TimePoint since;
  };
  int limit = 4;
  bool enforces = true;
  std::set<int> holders;
  std::deque<Waiting> queue;
  double in_flight_seconds = 0, queued_seconds = 0, at_limit_seconds = 0;

  bool has_room() const { return !enforces || static_cast<int>(holders.size()) < limit; }
  void pass(Duration elapsed) {
    const double s = tuner::seconds(elapsed);
    in_flight_seconds += s * static_cast<double>(holders.size());
    queued_seconds += s * static_cast<double>(queue.size());
    if (static_cast<int>(holders.size()) >= limit) at_limit_seconds += s;
  }
  void settle() {
    while (!queue.empty() && has_room()) {
      holders.insert(queue.front().id);
      queue.pop_front();
    }
  }
};

class Comparison {
 public:
  void step() {
    const auto elapsed = std::chrono::milliseconds(*rc::gen::inRange(0, 30));
    model_.pass(elapsed);
    now_ += elapsed;
    switch (*rc::gen::inRange(0, 10)) {
      case 0: case 1: case 2: case 3: arrive(); break;
      case 4: case 5: case 6: leave(); break;
      case 7: give_up(); break;
      case 8: expire(); break;
      case 9: *rc::gen::inRange(0, 4) == 0 ? switch_mode() : resize(); break;
    }
    compare();
  }

  void finish() {
    for (auto& waiter : waiters_) {
      limiter_.cancel(*waiter, now_);
      waiter->permit.release(now_);
    }
    while (limiter_.in_flight() > 0) {
      for (auto& waiter : waiters_) waiter->permit.release(now_);
    }
    RC_ASSERT(limiter_.queued() == 0);
  }

 private:
  void arrive() {
    const int id = static_cast<int>(waiters_.size());
    waiters_.push_back(std::make_unique<RecordingWaiter>());
    auto acquired = limiter_.acquire(*waiters_.back(), now_);
    if (model_.queue.empty() && model_.has_room()) {
      RC_ASSERT(acquired.answer == Limiter::Answer::granted);
      waiters_.back()->permit = std::move(acquired.permit);
      model_.holders.insert(id);
    } else if (model_.queue.size() < queue_size) {
      RC_ASSERT(acquired.answer == Limiter::Answer::queued);
      model_.queue.push_back({id, now_});
    } else {
      RC_ASSERT(acquired.answer == Limiter::Answer::refused);
      RC_ASSERT(acquired.reason == ShedReason::queue_full);
    }
  }

  void leave() {
    if (model_.holders.empty()) return;
    const int id = *rc::gen::elementOf(model_.holders);
    model_.holders.erase(id);
    model_.settle();
    waiters_[static_cast<std::size_t>(id)]->permit.release(now_);
  }

  void give_up() {
    if (waiters_.empty()) return;
    const int id = *rc::gen::inRange(0, static_cast<int>(waiters_.size()));
    const auto before = model_.queue.size();
    std::erase_if(model_.queue, [&](const Model::Waiting& w) { return w.id == id; });
    RC_ASSERT(limiter_.cancel(*waiters_[static_cast<std::size_t>(id)], now_) ==
              (model_.queue.size() < before));
  }

  void expire() {
    limiter_.expire(now_);
    while (!model_.queue.empty() && now_ - model_.queue.front().since >= queue_timeout) {
      const auto& waiter = *waiters_[static_cast<std::size_t>(model_.queue.front().id)];
      RC_ASSERT(waiter.reason == ShedReason::queue_timeout);
      model_.queue.pop_front();
    }
  }

  void resize() {
    model_.limit = *rc::gen::inRange(1, 9);
    model_.settle();
    limiter_.set_limit(model_.limit, now_);
  }

  void switch_mode() {
    model_.enforces = *rc::gen::arbitrary<bool>();
    model_.settle();
    limiter_.set_mode(model_.enforces ? Mode::enforce : Mode::shadow, now_);
  }

  void compare() {
    for (std::size_t id = 0; id < waiters_.size(); ++id) {
      RC_ASSERT(static_cast<bool>(waiters_[id]->permit) ==
                (model_.holders.count(static_cast<int>(id)) == 1));
    }
    const auto reading = limiter_.read(now_);
    RC_ASSERT(reading.in_flight == static_cast<int>(model_.holders.size()));
    RC_ASSERT(reading.queued == static_cast<int>(model_.queue.size()));
    RC_ASSERT(near(reading.in_flight_seconds, model_.in_flight_seconds));
    RC_ASSERT(near(reading.queued_seconds, model_.queued_seconds));
    RC_ASSERT(near(tuner::seconds(reading.at_limit), model_.at_limit_seconds));
  }

  static bool near(double a, double b) { return std::abs(a - b) < 1e-6; }

  TimePoint now_{1h};
  Model model_;
  Limiter limiter_{Settings{.queue_size = queue_size, .queue_timeout = queue_timeout}, 4, now_};
  std::vector<std::unique_ptr<RecordingWaiter>> waiters_;
};

TEST(Limiter, does_what_the_reference_does_in_any_sequence) {
  const bool holds = rc::check("limiter and reference agree", [] {
    Comparison run;
    const int steps = *rc::gen::inRange(0, 200);
    for (int i = 0; i < steps; ++i) run.step();
    run.finish();
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace sweetspot::admission
