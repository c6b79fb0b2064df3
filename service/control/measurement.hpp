#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/control/recorder.hpp"
#include "tuner/window.hpp"

namespace sweetspot::control {

using tuner::TimePoint;
using Recorders = std::vector<std::unique_ptr<Recorder>>;  // one a worker

// Turns the workers' and the limiter's monotonic counters into windows: each is the difference of
// two readings. One thread; the workers go on counting meanwhile.
class Measurement {
 public:
  Measurement(const admission::Limiter& limiter, const Recorders& recorders, TimePoint now);

  // What was seen since the last call. The limit must not have changed in between other than
  // right after that call, so that the window belongs to one limit.
  struct Seen {
    tuner::Window window;          // its latency holds the requests granted at this limit
    tuner::Histogram all_latency;  // of every success, whenever it was granted
    int in_flight = 0;             // now
    int queued = 0;
  };
  Seen take(TimePoint now);

  // Of one class, since the start: requests that held a permit and have ended, and those refused.
  struct Totals {
    std::uint64_t requests = 0, shed = 0;
  };
  Totals totals_of(admission::ClassId cls) const;

 private:
  struct Counts {
    std::uint64_t successes = 0, failures = 0, aborts = 0, shed = 0;
  };
  using Buckets = std::array<std::uint64_t, tuner::Buckets::count>;
  Counts count() const;
  tuner::Histogram advance(Buckets& last, const LatencyCounters& (Recorder::*latency)() const);

  const admission::Limiter& limiter_;
  const Recorders& recorders_;
  admission::LimiterReading last_reading_;
  Counts last_;
  Buckets last_backend_{}, last_epoch_backend_{};
};

}  // namespace sweetspot::control
