#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "tuner/time.hpp"

namespace sweetspot::proxy {

using tuner::Duration;
using tuner::TimePoint;

// How long one exchange has waited on its client, and for how much of that the client owes bytes.
// One that moves `least_rate` bytes a second owes nothing and is waited for as long as it takes;
// one that trickles owes ever more, however evenly it does so. Nothing is saved up: what buffers
// swallow at once pays for the past only.
class StallMeter {
 public:
  bool is_waiting() const { return since_.has_value(); }

  // `moved` counts what the client has taken or sent so far.
  void start(TimePoint at, std::uint64_t moved) {
    since_ = settled_at_ = at;
    if (owed_ == Duration::zero()) moved_ = moved;
  }
  void stop(TimePoint at, std::uint64_t moved, std::uint64_t least_rate) {
    owed(at, moved, least_rate);
    waited_ = waited(at);
    since_.reset();
  }

  Duration waited(TimePoint at) const { return since_ ? waited_ + (at - *since_) : waited_; }

  Duration owed(TimePoint at, std::uint64_t moved, std::uint64_t least_rate) {
    if (since_) owed_ += at - settled_at_;
    const auto paid = static_cast<double>(moved - moved_) / static_cast<double>(least_rate);
    owed_ = std::max(Duration::zero(), owed_ - tuner::from_seconds(paid));
    settled_at_ = at;
    moved_ = moved;
    return owed_;
  }

 private:
  Duration waited_{}, owed_{};
  std::optional<TimePoint> since_;
  TimePoint settled_at_{};
  std::uint64_t moved_ = 0;
};

}  // namespace sweetspot::proxy
