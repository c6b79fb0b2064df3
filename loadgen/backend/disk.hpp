#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <random>
#include <vector>

#include "tuner/time.hpp"

namespace sweetspot::backend {

using tuner::Duration;
using tuner::TimePoint;

// How the amount of work varies from request to request, at the same mean.
enum class Distribution { constant, exponential, lognormal };

struct DiskSettings {
  Duration service_time = std::chrono::milliseconds(10);  // of a request that is alone
  int parallelism = 4;  // so many requests at once do not slow each other down
  Distribution distribution = Distribution::lognormal;  // the disk's own spread, wider when crowded
  std::uint64_t seed = 1;
};

// A simulated disk. Requests share it: with n in flight it completes mu(n) a second in all, which
// rises steeply up to the disk's parallelism, then ever less, then not at all. It runs on a virtual
// clock of work, so that departures fall on exact instants however late they are asked for. Pure:
// the time comes from outside and never runs backwards. One thread at a time.
//
// A host is late to tell a thread that its request is done, the more so the busier it is, and a
// disk that stood idle meanwhile would show another curve on each host. So a departed request keeps
// its place until it is collected, and the work that the place receives is what the next request
// need not do: as if that one had begun the instant the last was done.
class Disk {
 public:
  explicit Disk(const DiskSettings& settings);

  struct Departure {
    void* tag;  // as given at the start
    TimePoint at;
    double work;  // the clock of work then
  };

  // The requests done by `now`, in order; valid until the next call. Each is to be collected.
  const std::vector<Departure>& advance(TimePoint now);

  // Whoever waited for it knows, at an instant which advance() has reached.
  void collect(const Departure& departure);

  // A request begins at `now`, which advance() has reached.
  void start(void* tag, TimePoint now);

  std::optional<TimePoint> next_departure() const;
  int in_flight() const { return static_cast<int>(jobs_.size()) + uncollected_; }

  // mu(n): completions a second with n in flight.
  double rate(double n) const;
  // The spread of a request's work (sigma of its logarithm) that finds itself among n.
  double spread(double n) const;

 private:
  struct Job {
    double finish;  // on the clock of work
    void* tag;
    bool operator>(const Job& other) const { return finish > other.finish; }
  };

  double draw_work();
  double pace() const;  // work a second that each request in flight receives

  DiskSettings settings_;
  std::mt19937_64 random_;
  std::priority_queue<Job, std::vector<Job>, std::greater<>> jobs_;
  std::vector<Departure> departed_;
  TimePoint clock_{};
  double work_ = 0;  // received by a request that was there since the clock of work was at 0
  int uncollected_ = 0;
  double done_ahead_ = 0;  // work for requests that are still to come
};

}  // namespace sweetspot::backend
