#include "loadgen/backend/model.hpp"

#include <sys/prctl.h>

#include <atomic>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "loadgen/backend/gate.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::backend {
namespace {

using Clock = std::chrono::steady_clock;

// The kernel may end a sleep up to 50 us late unless told otherwise, which is not noise that a
// model of a service wants.
void sleep_exactly() { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

// Those left behind by one that leaves go on a little faster. Mostly the next request arrives
// before that matters.
constexpr Duration worth_a_wakeup = std::chrono::microseconds(200);

class DiskModel final : public Model {
 public:
  explicit DiskModel(const DiskSettings& settings)
      : disk_(settings), timer_([this] { serve_departures(); }) {}

  ~DiskModel() override { stop(); }

  bool work() override {
    Request self;
    std::unique_lock lock(mutex_);
    if (stopped_) return false;
    const TimePoint now = Clock::now();
    release(now);
    disk_.start(&self, now);
    rearm(Duration::zero());
    self.wake.wait(lock, [&] { return self.done || stopped_; });
    if (!self.done) return false;
    release(Clock::now());
    disk_.collect(*self.done);
    rearm(worth_a_wakeup);
    return true;
  }

  void stop() override {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    earlier_.notify_one();
    for (const auto& departure : disk_.advance(TimePoint::max())) {
      static_cast<Request*>(departure.tag)->wake.notify_one();
    }
  }

  int threads() const override { return 1; }

 private:
  struct Request {
    std::condition_variable wake;
    std::optional<Disk::Departure> done{};
  };

  void release(TimePoint now) {
    for (const auto& departure : disk_.advance(now)) {
      auto* request = static_cast<Request*>(departure.tag);
      request->done = departure;
      request->wake.notify_one();
    }
  }

  void rearm(Duration tolerated) {
    const auto next = disk_.next_departure();
    if (next && *next < armed_ - tolerated) earlier_.notify_one();
  }

  void serve_departures() {
    sleep_exactly();
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      armed_ = disk_.next_departure().value_or(TimePoint::max());
      if (armed_ == TimePoint::max()) {
        earlier_.wait(lock);
      } else {
        earlier_.wait_until(lock, armed_);
      }
      if (!stopped_) release(Clock::now());
    }
  }

  std::mutex mutex_;
  std::condition_variable earlier_;  // the next departure comes before the timer's instant
  Disk disk_;
  TimePoint armed_ = TimePoint::max();
  bool stopped_ = false;
  std::jthread timer_;
};

// Service times of the given mean. Any thread may draw.
class ServiceTimes {
 public:
  ServiceTimes(Duration mean, Distribution distribution, std::uint64_t seed)
      : mean_(tuner::seconds(mean)), distribution_(distribution), random_(seed) {}

  Duration draw() {
    std::lock_guard lock(mutex_);
    return tuner::from_seconds(mean_ * factor());
  }

 private:
  double factor() {
    switch (distribution_) {
      case Distribution::exponential:
        return std::exponential_distribution<double>(1)(random_);
      case Distribution::lognormal: {
        constexpr double sigma = 0.5;  // p99 is 2.8 times the mean
        return std::exp(sigma * std::normal_distribution<double>()(random_) - sigma * sigma / 2);
      }
      case Distribution::constant:
        break;
    }
    return 1;
  }

  double mean_;
  Distribution distribution_;
  std::mutex mutex_;
  std::mt19937_64 random_;
};

class SleepModel final : public Model {
 public:
  SleepModel(int servers, Duration mean, Distribution distribution, std::uint64_t seed)
      : gate_(servers), times_(mean, distribution, seed) {}

  bool work() override {
    if (!gate_.enter()) return false;
    sleep_exactly();
    bool cut_short = false;
    {
      const auto end = Clock::now() + times_.draw();
      std::unique_lock lock(mutex_);
      cut_short = stop_.wait_until(lock, end, [this] { return stopped_; });
    }
    gate_.leave();
    return !cut_short;
  }

  void stop() override {
    gate_.stop();
    std::lock_guard lock(mutex_);
    stopped_ = true;
    stop_.notify_all();
  }

 private:
  Gate gate_;
  ServiceTimes times_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopped_ = false;
};

class CpuModel final : public Model {
 public:
  CpuModel(std::optional<int> servers, Duration mean, Distribution distribution, std::uint64_t seed)
      : times_(mean, distribution, seed) {
    if (servers) gate_.emplace(*servers);
  }

  bool work() override {
    if (gate_ && !gate_->enter()) return false;
    const auto end = platform::thread_cpu_time() + times_.draw();
    while (platform::thread_cpu_time() < end && !stopped_) {
    }
    if (gate_) gate_->leave();
    return !stopped_;
  }

  void stop() override {
    stopped_ = true;
    if (gate_) gate_->stop();
  }

 private:
  std::optional<Gate> gate_;
  ServiceTimes times_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace

std::unique_ptr<Model> make_model(const ModelSettings& settings) {
  const Duration mean = settings.service_time.value_or(std::chrono::milliseconds(10));
  const auto distribution = settings.distribution.value_or(
      settings.kind == ModelKind::disk ? Distribution::lognormal : Distribution::constant);
  switch (settings.kind) {
    case ModelKind::sleep:
      return std::make_unique<SleepModel>(settings.parallelism.value_or(8), mean, distribution,
                                          settings.seed);
    case ModelKind::cpu:
      return std::make_unique<CpuModel>(settings.parallelism, mean, distribution, settings.seed);
    case ModelKind::disk:
      break;
  }
  return std::make_unique<DiskModel>(
      DiskSettings{mean, settings.parallelism.value_or(4), distribution, settings.seed});
}

}  // namespace sweetspot::backend
