#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

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
  bool is_waiting() const { return waiting_; }

  // `moved` counts what the client has taken or sent so far.
  void start(TimePoint at, std::uint64_t moved) {
    waiting_ = true;
    since_ = settled_at_ = at;
    if (owed_ == Duration::zero()) moved_ = moved;
  }
  void stop(TimePoint at, std::uint64_t moved, std::uint64_t least_rate) {
    owed(at, moved, least_rate);
    waited_ = waited(at);
    waiting_ = false;
  }

  Duration waited(TimePoint at) const { return waiting_ ? waited_ + (at - since_) : waited_; }

  Duration owed(TimePoint at, std::uint64_t moved, std::uint64_t least_rate) {
    if (waiting_) owed_ += at - settled_at_;
    const auto paid = static_cast<double>(moved - moved_) / static_cast<double>(least_rate);
    owed_ = std::max(Duration::zero(), owed_ - tuner::from_seconds(paid));
    settled_at_ = at;
    moved_ = moved;
    return owed_;
  }

 private:
  Duration waited_{}, owed_{};
  TimePoint since_{}, settled_at_{};
  std::uint64_t moved_ = 0;
  bool waiting_ = false;
};

}  // namespace sweetspot::proxy
