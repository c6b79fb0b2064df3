#pragma once

#include <memory>
#include <queue>
#include <vector>

#include "tests/simulation/scenario.hpp"
#include "tests/simulation/station.hpp"

namespace sweetspot::simulation {

// A service as a scenario describes it: a delay (its I/O, and latency added by a dependency), then
// a station; answers fail at a share that an event may set, and all at once in an outage.
class Backend {
 public:
  Backend(const BackendSpec& spec, std::uint64_t seed);

  void start(RequestId id, TimePoint now);
  std::optional<TimePoint> next_event() const;
  struct Answer {
    RequestId id;
    bool success;
  };
  std::optional<Answer> step(TimePoint now);  // at next_event(); an answer where one is complete

  void set_capacity(double factor, TimePoint now) { station_->set_capacity(factor, now); }
  void set_speed(double factor, TimePoint now);
  void set_stalled(bool stalled, TimePoint now);
  void set_added_latency(Duration added) { added_ = added; }
  void set_failures(double share) { failures_ = share; }
  void set_outage(bool out) { out_ = out; }

 private:
  struct Delayed {
    TimePoint until;
    RequestId id;
    bool refused;
    bool operator>(const Delayed& other) const { return until > other.until; }
  };

  std::unique_ptr<Station> station_;
  Duration io_{}, added_{};
  double failures_ = 0, speed_ = 1;
  bool stalled_ = false, out_ = false;
  Random random_;
  std::priority_queue<Delayed, std::vector<Delayed>, std::greater<>> delayed_;
};

}  // namespace sweetspot::simulation
