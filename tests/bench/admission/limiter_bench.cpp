// What a permit costs, beside std::counting_semaphore and a mutex with a queue.
#include <benchmark/benchmark.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <semaphore>
#include <vector>

#include "service/admission/limiter.hpp"

namespace {

using namespace sweetspot::admission;
using namespace std::chrono_literals;

constexpr TimePoint start{1h};

class Silent final : public Waiter {
 public:
  void granted(Permit given) override { permit = std::move(given); }
  void shed(ShedReason) override {}
  Permit permit;
};

// A semaphore as one would write it: a mutex, a count, and a queue of callbacks.
class PlainSemaphore {
 public:
  explicit PlainSemaphore(int count) : free_(count) {}
  bool acquire(Silent& waiter) {
    std::lock_guard lock(mutex_);
    if (free_ > 0) {
      --free_;
      return true;
    }
    waiting_.push_back(&waiter);
    return false;
  }
  Silent* release() {
    std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      ++free_;
      return nullptr;
    }
    Silent* next = waiting_.front();
    waiting_.pop_front();
    return next;
  }

 private:
  std::mutex mutex_;
  int free_;
  std::deque<Silent*> waiting_;
};

Limiter& shared_limiter() {
  static Limiter limiter({}, 64, start);
  return limiter;
}
PlainSemaphore& shared_plain() {
  static PlainSemaphore semaphore(64);
  return semaphore;
}
std::counting_semaphore<64>& shared_standard() {
  static std::counting_semaphore<64> semaphore(64);
  return semaphore;
}

void limiter_pair(benchmark::State& state) {
  Silent waiter;
  TimePoint now = start;
  for (auto _ : state) {
    auto acquired = shared_limiter().acquire(waiter, now += 1us);
    acquired.permit.release(now += 1us);
  }
}
BENCHMARK(limiter_pair)->Name("pair/limiter")->Threads(1)->Threads(2)->UseRealTime();

void standard_pair(benchmark::State& state) {
  for (auto _ : state) {
    shared_standard().acquire();
    shared_standard().release();
  }
}
BENCHMARK(standard_pair)->Name("pair/counting_semaphore")->Threads(1)->Threads(2)->UseRealTime();

void plain_pair(benchmark::State& state) {
  Silent waiter;
  for (auto _ : state) {
    benchmark::DoNotOptimize(shared_plain().acquire(waiter));
    benchmark::DoNotOptimize(shared_plain().release());
  }
}
BENCHMARK(plain_pair)->Name("pair/mutex_and_queue")->Threads(1)->Threads(2)->UseRealTime();

// One permit goes round: whoever is granted it gives it to the next, and queues again.
void limiter_handover(benchmark::State& state) {
  Limiter limiter({}, 1, start);
  std::vector<Silent> waiters(64);
  TimePoint now = start;
  Permit held = limiter.acquire(waiters[0], now).permit;
  for (std::size_t i = 1; i < waiters.size(); ++i) limiter.acquire(waiters[i], now);
  std::size_t next = 1, last = 0;
  for (auto _ : state) {
    limiter.acquire(waiters[last], now += 1us);
    held.release(now);
    held = std::move(waiters[next].permit);
    last = next;
    next = (next + 1) % waiters.size();
  }
  for (auto& waiter : waiters) limiter.cancel(waiter, now);
  held.release(now);
}
BENCHMARK(limiter_handover)->Name("handover/limiter");

void plain_handover(benchmark::State& state) {
  PlainSemaphore semaphore(1);
  std::vector<Silent> waiters(64);
  semaphore.acquire(waiters[0]);
  for (std::size_t i = 1; i < waiters.size(); ++i) semaphore.acquire(waiters[i]);
  Silent* last = &waiters[0];
  for (auto _ : state) {
    semaphore.acquire(*last);
    last = semaphore.release();
  }
}
BENCHMARK(plain_handover)->Name("handover/mutex_and_queue");

void resize(benchmark::State& state) {
  constexpr int count = 10'000;
  for (auto _ : state) {
    state.PauseTiming();
    auto limiter = std::make_unique<Limiter>(Settings{.queue_size = count}, 1, start);
    std::vector<Silent> waiters(count);
    auto held = limiter->acquire(waiters[0], start).permit;
    for (std::size_t i = 1; i < waiters.size(); ++i) limiter->acquire(waiters[i], start);
    state.ResumeTiming();
    limiter->set_limit(count, start + 1ms);
    state.PauseTiming();
    for (auto& waiter : waiters) waiter.permit.release(start + 2ms);
    held.release(start + 2ms);
    limiter.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(resize)->Name("resize/10000_waiters")->Unit(benchmark::kNanosecond)->Iterations(50);

// One arrival and one departure with so many waiting, each with a deadline.
void deep_queue(benchmark::State& state) {
  const auto depth = static_cast<std::size_t>(state.range(0));
  Limiter limiter({.queue_size = depth * 2, .queue_bytes = ~std::size_t{0}, .queue_timeout = 24h},
                  1, start);
  std::vector<Silent> waiters(depth + 1);
  TimePoint now = start;
  std::uint32_t random = 1;
  const auto demand = [&] {
    random = random * 1664525 + 1013904223;
    return Demand{.deadline = start + 1h + std::chrono::microseconds(random % 1000000)};
  };
  Permit held = limiter.acquire(waiters[depth], now).permit;
  for (std::size_t i = 0; i < depth; ++i) limiter.acquire(waiters[i], now, demand());
  std::size_t i = 0;
  for (auto _ : state) {
    limiter.cancel(waiters[i], now += 1us);
    limiter.acquire(waiters[i], now, demand());
    i = (i + 7919) % depth;
  }
  for (auto& waiter : waiters) limiter.cancel(waiter, now);
  held.release(now);
}
BENCHMARK(deep_queue)->Name("queue/cancel_and_arrive")->Arg(1000)->Arg(100'000);

}  // namespace

BENCHMARK_MAIN();
