#include "loadgen/engine/arrivals.hpp"

#include <algorithm>

namespace sweetspot::engine {

Arrivals Arrivals::closed(std::optional<std::uint64_t> requests) {
  Arrivals arrivals;
  arrivals.left_ = requests;
  return arrivals;
}

Arrivals Arrivals::uniform(double rate, TimePoint start, std::optional<std::uint64_t> requests) {
  Arrivals arrivals;
  arrivals.left_ = requests;
  arrivals.rate_ = rate;
  arrivals.start_ = start;
  return arrivals;
}

// From the start each time, so that no rounding adds up.
TimePoint Arrivals::intended(std::uint64_t index) const {
  return start_ + tuner::from_seconds(static_cast<double>(index) / *rate_);
}

std::optional<TimePoint> Arrivals::next() const {
  if (!rate_ || exhausted()) return {};
  return intended(taken_);
}

std::optional<TimePoint> Arrivals::take(TimePoint now) {
  if (exhausted()) return {};
  const TimePoint due = rate_ ? intended(taken_) : now;
  if (due > now) return {};
  ++taken_;
  if (left_) --*left_;
  return due;
}

std::uint64_t Arrivals::overdue(TimePoint now) const {
  if (!rate_ || now < start_) return 0;
  const auto due = static_cast<std::uint64_t>(tuner::seconds(now - start_) * *rate_) + 1;
  const auto untaken = due > taken_ ? due - taken_ : 0;
  return left_ ? std::min(untaken, *left_) : untaken;
}

}  // namespace sweetspot::engine
