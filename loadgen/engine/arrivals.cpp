#include "loadgen/engine/arrivals.hpp"

namespace sweetspot::engine {

Arrivals Arrivals::closed(std::optional<std::uint64_t> requests) {
  Arrivals arrivals;
  arrivals.left_ = requests;
  return arrivals;
}

Arrivals Arrivals::open(const OpenLoop& loop, std::optional<std::uint64_t> requests) {
  Arrivals arrivals;
  arrivals.left_ = requests;
  arrivals.loop_ = loop;
  arrivals.random_.seed(loop.seed);
  arrivals.gathered_ = loop.turn;
  arrivals.aim();
  return arrivals;
}

void Arrivals::start_at(TimePoint start) {
  if (!loop_) return;
  loop_->start = start;
  aim();
}

// From the start each time, so that no rounding adds up.
void Arrivals::aim() {
  const Duration after = loop_->rate.time_of(gathered_);
  next_ = after == Duration::max() ? TimePoint::max() : loop_->start + after;
}

void Arrivals::advance() {
  if (left_) --*left_;
  const bool is_random = loop_->pattern == Pattern::poisson;
  gathered_ += is_random ? std::exponential_distribution<double>(1)(random_) : 1.0;
  aim();
}

std::optional<TimePoint> Arrivals::next() const {
  if (!loop_ || exhausted()) return {};
  return next_;
}

std::optional<TimePoint> Arrivals::take(TimePoint now) {
  if (exhausted()) return {};
  if (!loop_) {
    if (left_) --*left_;
    return now;
  }
  while (!exhausted() && next_ < now && now - next_ > loop_->catch_up) {
    ++dropped_;
    advance();
  }
  if (exhausted() || next_ > now) return {};
  const TimePoint due = next_;
  advance();
  return due;
}

std::uint64_t Arrivals::overdue(TimePoint now) const {
  if (!loop_) return 0;
  Arrivals rest = *this;
  std::uint64_t count = 0;
  for (; !rest.exhausted() && rest.next_ <= now; ++count) rest.advance();
  return count;
}

}  // namespace sweetspot::engine
