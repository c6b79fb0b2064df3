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
  arrivals.next_ = loop.start;
  return arrivals;
}

void Arrivals::advance() {
  ++taken_;
  if (left_) --*left_;
  if (loop_->pattern == Pattern::poisson) {
    next_ += tuner::from_seconds(std::exponential_distribution<double>(loop_->rate)(random_));
  } else {
    // From the start each time, so that no rounding adds up.
    next_ = loop_->start + tuner::from_seconds(static_cast<double>(taken_) / loop_->rate);
  }
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
  while (!exhausted() && now - next_ > loop_->catch_up) {
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
