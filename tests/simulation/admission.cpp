#include "tests/simulation/admission.hpp"

#include <algorithm>
#include <utility>

namespace sweetspot::simulation {

Admission::Admission(int limit, std::size_t queue_size, Duration queue_timeout)
    : limit_(limit), queue_size_(queue_size), queue_timeout_(queue_timeout) {}

void Admission::integrate(TimePoint now) {
  const Duration passed = now - now_;
  window_.in_flight_seconds += in_flight_ * tuner::seconds(passed);
  window_.queued_seconds += static_cast<double>(queue_.size()) * tuner::seconds(passed);
  if (in_flight_ >= limit_) window_.at_limit += passed;
  now_ = now;
}

void Admission::note_fill(TimePoint now) {
  if (queue_.empty()) return;
  const double by_size = static_cast<double>(queue_.size()) / static_cast<double>(queue_size_);
  const double by_age = tuner::seconds(now - queue_.front().since) / tuner::seconds(queue_timeout_);
  window_.queue_fill = std::clamp(std::max(by_size, by_age), window_.queue_fill, 1.0);
}

Admission::Answer Admission::arrive(RequestId id, TimePoint now) {
  integrate(now);
  if (in_flight_ < limit_ && queue_.empty()) {
    ++in_flight_;
    return Answer::granted;
  }
  if (queue_.size() >= queue_size_) {
    ++window_.shed;
    return Answer::shed;
  }
  queue_.push_back({id, now});
  note_fill(now);
  return Answer::queued;
}

void Admission::release(TimePoint now) {
  integrate(now);
  --in_flight_;
}

std::optional<Admission::Grant> Admission::grant_next(TimePoint now) {
  if (in_flight_ >= limit_ || queue_.empty()) return std::nullopt;
  integrate(now);
  note_fill(now);
  const RequestId id = queue_.front().id;
  queue_.pop_front();
  ++in_flight_;
  return Grant{id, epoch_};
}

std::optional<TimePoint> Admission::next_expiry() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.front().since + queue_timeout_;
}

std::optional<RequestId> Admission::expire_next(TimePoint now) {
  if (queue_.empty() || now - queue_.front().since < queue_timeout_) return std::nullopt;
  integrate(now);
  note_fill(now);
  const RequestId id = queue_.front().id;
  queue_.pop_front();
  ++window_.shed;
  return id;
}

void Admission::set_limit(int limit, TimePoint now) {
  if (limit == limit_) return;
  integrate(now);
  limit_ = limit;
  ++epoch_;
}

void Admission::count(bool success, Duration latency, bool in_epoch) {
  ++(success ? window_.successes : window_.failures);
  if (success && in_epoch) window_.latency.record(latency);
}

tuner::Window Admission::take(TimePoint now) {
  integrate(now);
  note_fill(now);
  window_.limit = limit_;
  window_.epoch = epoch_;
  window_.span = now - std::exchange(taken_, now);
  return std::exchange(window_, tuner::Window());
}

}  // namespace sweetspot::simulation
