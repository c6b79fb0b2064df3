#include "service/admission/limiter_core.hpp"

#include <algorithm>
#include <cassert>

namespace sweetspot::admission {

namespace {
constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;
}

void LimiterCore::Integral::add(std::uint64_t count, std::uint64_t elapsed) {
  nanoseconds += count * elapsed;
  if (nanoseconds >= nanoseconds_per_second) {
    whole_seconds += nanoseconds / nanoseconds_per_second;
    nanoseconds %= nanoseconds_per_second;
  }
}

double LimiterCore::Integral::in_seconds() const {
  return static_cast<double>(whole_seconds) + static_cast<double>(nanoseconds) * 1e-9;
}

LimiterCore::LimiterCore(Settings settings, int limit, TimePoint now)
    : settings_(settings), mode_(settings.mode), limit_(std::max(1, limit)), at_(now) {}

LimiterCore::Decision LimiterCore::acquire(Waiter& waiter, TimePoint now) {
  advance(now);
  assert(!waiter.is_queued_);
  if (queued_ == 0 && has_room()) {
    count_what_would_have_been();
    grant();
    return {Limiter::Answer::granted, {}};
  }
  if (draining_) return {Limiter::Answer::refused, ShedReason::draining};
  if (static_cast<std::size_t>(queued_) >= settings_.queue_size) {
    return {Limiter::Answer::refused, ShedReason::queue_full};
  }
  push_back(waiter);
  return {Limiter::Answer::queued, {}};
}

Waiter* LimiterCore::release(bool stalled, TimePoint now) {
  advance(now);
  assert(in_flight_ > 0);
  --in_flight_;
  if (stalled) --stalled_;
  return grant_next(now);
}

bool LimiterCore::cancel(Waiter& waiter, TimePoint now) {
  if (!waiter.is_queued_) return false;
  advance(now);
  unlink(waiter);
  return true;
}

Waiter* LimiterCore::shed_expired(TimePoint now) {
  advance(now);
  Waiter* waiter = oldest_;
  if (waiter == nullptr || at_ - waiter->queued_at_ < settings_.queue_timeout) return nullptr;
  unlink(*waiter);
  return waiter;
}

void LimiterCore::set_limit(int limit, TimePoint now) {
  advance(now);
  limit = std::max(1, limit);
  if (limit == limit_) return;
  limit_ = limit;
  ++epoch_;
}

void LimiterCore::set_mode(Mode mode, TimePoint now) {
  advance(now);
  mode_ = mode;
}

Waiter* LimiterCore::grant_next(TimePoint now) {
  if (oldest_ == nullptr || !has_room()) return nullptr;
  advance(now);
  Waiter* waiter = oldest_;
  unlink(*waiter);
  grant();
  return waiter;
}

void LimiterCore::stall(TimePoint now) {
  advance(now);
  ++stalled_;
}

void LimiterCore::resume(TimePoint now) {
  advance(now);
  --stalled_;
}

LimiterReading LimiterCore::read(TimePoint now) const {
  LimiterCore then = *this;  // the integrals up to now, without moving this one's clock
  then.advance(now);
  LimiterReading reading;
  reading.at = then.at_;
  reading.limit = limit_;
  reading.epoch = epoch_;
  reading.in_flight = in_flight_;
  reading.queued = queued_;
  reading.in_flight_seconds = then.in_flight_time_.in_seconds();
  reading.queued_seconds = then.queued_time_.in_seconds();
  reading.at_limit = then.at_limit_;
  reading.granted = granted_;
  reading.stalled = stalled_;
  reading.would_queue = would_queue_;
  reading.would_shed = would_shed_;
  if (oldest_ != nullptr) {
    const double by_size = queued_ / static_cast<double>(std::max<std::size_t>(1, settings_.queue_size));
    const double by_age = tuner::seconds(then.at_ - oldest_->queued_at_) /
                          std::max(1e-9, tuner::seconds(settings_.queue_timeout));
    reading.queue_fill = std::clamp(std::max(by_size, by_age), 0.0, 1.0);
  }
  return reading;
}

void LimiterCore::advance(TimePoint now) {
  if (now <= at_) return;  // threads may come with a clock read a little earlier
  const auto elapsed = static_cast<std::uint64_t>((now - at_).count());
  in_flight_time_.add(static_cast<std::uint64_t>(in_flight_ - stalled_), elapsed);
  if (queued_ > 0) queued_time_.add(static_cast<std::uint64_t>(queued_), elapsed);
  if (in_flight_ >= limit_) at_limit_ += now - at_;
  at_ = now;
}

void LimiterCore::grant() {
  ++in_flight_;
  ++granted_;
}

void LimiterCore::count_what_would_have_been() {
  if (mode_ != Mode::shadow || in_flight_ < limit_) return;
  const auto beyond = static_cast<std::size_t>(in_flight_ - limit_);
  ++(beyond < settings_.queue_size ? would_queue_ : would_shed_);
}

void LimiterCore::push_back(Waiter& waiter) {
  waiter.queued_at_ = at_;
  waiter.is_queued_ = true;
  waiter.next_ = nullptr;
  waiter.previous_ = newest_;
  (newest_ != nullptr ? newest_->next_ : oldest_) = &waiter;
  newest_ = &waiter;
  ++queued_;
}

void LimiterCore::unlink(Waiter& waiter) {
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : oldest_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : newest_) = waiter.previous_;
  waiter.previous_ = waiter.next_ = nullptr;
  waiter.is_queued_ = false;
  --queued_;
}

}  // namespace sweetspot::admission
