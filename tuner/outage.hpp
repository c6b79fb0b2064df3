#pragma once

#include <cstdint>

#include "tuner/time.hpp"
#include "tuner/window.hpp"

namespace sweetspot::tuner {

// Whether the backend answers at all. While next to nothing succeeds, be it that all fails or that
// nothing comes back, no limit can be told from another: what is seen then is evidence of nothing,
// and neither are the windows that led into it. What should succeed follows from what is in flight
// and how long a request stays there, so a lull of demand is no outage. A value.
class OutageWatch {
 public:
  enum class Event {
    none,
    began,
    goes_on,
    ended,
    slow,  // it answers again, but has been so slow for so long that it is another backend
  };

  // `residence`: of a request in good times; nothing is said while it is not known (zero).
  Event add(const Window& window, Duration residence);

  bool is_on() const { return on_; }
  Duration lasted() const { return lasted_; }
  const Window& seen() const { return seen_; }  // since it began

 private:
  bool is_over(Duration residence);

  bool on_ = false;
  double missing_ = 0;  // successes that did not come, less those that did, weighed; never below 0
  Duration lasted_{};
  Window seen_, lately_;
};

}  // namespace sweetspot::tuner
