#include "service/control/measurement.hpp"

namespace sweetspot::control {
namespace {

// The part that an outcome plays in a window.
enum class Role { success, failure, abort };

Role role_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::success:
      return Role::success;
    case Outcome::client_abort:
    case Outcome::stalled:
      return Role::abort;
    case Outcome::error_status:
    case Outcome::upstream_connect:
    case Outcome::upstream_reset:
    case Outcome::upstream_timeout:
    case Outcome::upstream_protocol:
      break;
  }
  return Role::failure;
}

}  // namespace

Measurement::Measurement(const admission::Limiter& limiter, const Recorders& recorders,
                         TimePoint now)
    : limiter_(limiter), recorders_(recorders), last_reading_(limiter.read(now)) {
  last_ = count();
  advance(last_backend_, &Recorder::backend);
  advance(last_epoch_backend_, &Recorder::epoch_backend);
}

Measurement::Seen Measurement::take(TimePoint now) {
  const auto reading = limiter_.read(now);
  const Counts counts = count();

  Seen seen;
  seen.in_flight = reading.in_flight;
  seen.queued = reading.queued;
  tuner::Window& window = seen.window;
  window.limit = reading.limit;
  window.epoch = reading.epoch;
  window.span = reading.at - last_reading_.at;
  window.successes = counts.successes - last_.successes;
  window.failures = counts.failures - last_.failures;
  window.aborts = counts.aborts - last_.aborts;
  window.shed = counts.shed - last_.shed;
  window.in_flight_seconds = reading.in_flight_seconds - last_reading_.in_flight_seconds;
  window.queued_seconds = reading.queued_seconds - last_reading_.queued_seconds;
  window.at_limit = reading.at_limit - last_reading_.at_limit;
  window.queue_fill = reading.queue_fill;
  if (window.successes > 0) {
    window.latency = advance(last_epoch_backend_, &Recorder::epoch_backend);
    seen.all_latency = advance(last_backend_, &Recorder::backend);
  }
  last_reading_ = reading;
  last_ = counts;
  return seen;
}

Measurement::Counts Measurement::count() const {
  Counts counts;
  for (const auto& recorder : recorders_) {
    for (std::size_t cls = 0; cls < max_classes; ++cls) {
      const auto id = static_cast<ClassId>(cls);
      for (std::size_t i = 0; i < outcome_count; ++i) {
        const auto outcome = static_cast<Outcome>(i);
        const auto requests = recorder->requests(id, outcome);
        switch (role_of(outcome)) {
          case Role::success:
            counts.successes += requests;
            break;
          case Role::failure:
            counts.failures += requests;
            break;
          case Role::abort:
            counts.aborts += requests;
            break;
        }
      }
      for (std::size_t i = 0; i < admission::shed_reason_count; ++i)
        counts.shed += recorder->sheds(id, static_cast<admission::ShedReason>(i));
    }
  }
  return counts;
}

Measurement::Totals Measurement::totals_of(admission::ClassId cls) const {
  Totals totals;
  for (const auto& recorder : recorders_) {
    for (std::size_t i = 0; i < outcome_count; ++i)
      totals.requests += recorder->requests(cls, static_cast<Outcome>(i));
    for (std::size_t i = 0; i < admission::shed_reason_count; ++i)
      totals.shed += recorder->sheds(cls, static_cast<admission::ShedReason>(i));
  }
  return totals;
}

tuner::Histogram Measurement::advance(Buckets& last,
                                      const LatencyCounters& (Recorder::*latency)() const) {
  tuner::Histogram grown;
  for (std::size_t bucket = 0; bucket < last.size(); ++bucket) {
    std::uint64_t total = 0;
    for (const auto& recorder : recorders_) total += ((*recorder).*latency)().at(bucket);
    if (total != last[bucket]) grown.add_bucket(bucket, total - last[bucket]);
    last[bucket] = total;
  }
  return grown;
}

}  // namespace sweetspot::control
