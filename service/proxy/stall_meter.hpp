#pragma once

#include <cstdint>
#include <optional>

#include "tuner/time.hpp"

namespace sweetspot::proxy {

using tuner::Duration;
using tuner::TimePoint;

// How long one exchange has waited on its client, and how much of that the client's pace has not
// earned. One that moves `least_rate` bytes a second or more is waited for as long as it takes; one
// that trickles uses its allowance up, however evenly it does so.
class StallMeter {
 public:
  bool is_waiting() const { return since_.has_value(); }

  // `moved` counts what the client has taken or sent so far. What it moved before the first wait
  // went into buffers, and earns nothing.
  void start(TimePoint at, std::uint64_t moved) {
    if (!moved_before_) moved_before_ = moved;
    since_ = at;
  }
  void stop(TimePoint at) {
    waited_ = waited(at);
    since_.reset();
  }

  Duration waited(TimePoint at) const { return since_ ? waited_ + (at - *since_) : waited_; }

  Duration unearned(TimePoint at, std::uint64_t moved, std::uint64_t least_rate) const {
    const auto earned = static_cast<double>(moved - moved_before_.value_or(moved)) /
                        static_cast<double>(least_rate);
    return waited(at) - std::chrono::duration_cast<Duration>(std::chrono::duration<double>(earned));
  }

 private:
  Duration waited_{};
  std::optional<TimePoint> since_;
  std::optional<std::uint64_t> moved_before_;
};

}  // namespace sweetspot::proxy
