#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "service/admission/limiter.hpp"
#include "service/control/measurement.hpp"
#include "service/control/status.hpp"

namespace sweetspot::observe {

// Median and tail of what ended within one second; absent where nothing did.
struct Quantiles {
  std::optional<tuner::Duration> p50, p99;
};

// About one second of the sidecar's life, as the page draws it.
struct Sample {
  std::int64_t unix_ms = 0;
  int limit = 0, held_limit = 0;
  double in_flight = 0, queued = 0;  // means over the second
  double throughput = 0, shed = 0;   // a second
  Quantiles backend, queue_wait, total;
};

// The last ten minutes, a sample a second, so that a page which is opened late shows the climb.
// Bounded for ever. One thread.
class History {
 public:
  static constexpr std::size_t capacity = 600;

  History(const admission::Limiter& limiter, const control::Recorders& recorders,
          tuner::TimePoint now);
  const Sample& take(const control::Status& status, tuner::TimePoint now, std::int64_t unix_ms);
  const std::deque<Sample>& samples() const { return samples_; }  // oldest first

 private:
  using Buckets = std::array<std::uint64_t, tuner::Buckets::count>;
  using Latency = const control::LatencyCounters& (control::Recorder::*)() const;
  Quantiles advance(Buckets& last, Latency latency);

  const admission::Limiter& limiter_;
  const control::Recorders& recorders_;
  admission::LimiterReading last_reading_;
  Buckets last_backend_{}, last_queue_wait_{}, last_total_{};
  std::uint64_t last_successes_ = 0, last_shed_ = 0;
  std::deque<Sample> samples_;
};

}  // namespace sweetspot::observe
