#pragma once

#include <algorithm>
#include <mutex>

#include "tuner/time.hpp"

namespace sweetspot::control {

// How many calls are answered, over all callers: so many a second, after a burst. What is beyond is
// refused before it reaches the control loop, so that no flood keeps the tuner from its work. Any
// thread.
class CallBudget {
 public:
  CallBudget(double a_second, double burst, tuner::TimePoint now)
      : a_second_(a_second), burst_(burst), left_(burst), at_(now) {}

  bool take(tuner::TimePoint now) {
    const std::lock_guard lock(mutex_);
    if (now > at_) {
      left_ = std::min(burst_, left_ + a_second_ * tuner::seconds(now - at_));
      at_ = now;
    }
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  const double a_second_, burst_;
  std::mutex mutex_;  // of what follows
  double left_;
  tuner::TimePoint at_;
};

}  // namespace sweetspot::control
