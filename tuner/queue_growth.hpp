#pragma once

#include <deque>

#include "tuner/time.hpp"
#include "tuner/window.hpp"

namespace sweetspot::tuner {

// Whether the queue at a held limit grows as it does where a little more comes than is served: on
// and on. Clients that wait for their answers let it jump once, and then stand. A value.
class QueueGrowth {
 public:
  // A window at the held limit that ends now. `span`: in which a growth must show, twice.
  void add(const Window& window, TimePoint now, Duration span);
  void clear() { samples_.clear(); }

  // By twice the limit in each of the last two spans, and by half of what it was, but by no more
  // than `most` a second.
  bool goes_on(double most) const;

 private:
  struct Sample {
    TimePoint at;
    double queued;
  };
  double before(Duration ago) const;  // the queue then

  int limit_ = 0;
  Duration span_{};
  std::deque<Sample> samples_;  // of the last two spans, and one older
};

}  // namespace sweetspot::tuner
