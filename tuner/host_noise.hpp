#pragma once

#include <deque>

#include "tuner/comparison.hpp"
#include "tuner/time.hpp"

namespace sweetspot::tuner {

// How much more the slices of the last minute's comparisons scattered than independent counts
// would: a host whose capacity wanders by itself. What one comparison has seen of it widens the
// error of the next, which is too short to see it again. A value.
class HostNoise {
 public:
  void add(const ArmData& a, const ArmData& b, TimePoint now);
  double scatter(TimePoint now) const;  // as a dispersion; 0 where too little was seen

 private:
  struct Seen {
    TimePoint at;
    double chi_squared;
    int freedom;
  };
  std::deque<Seen> seen_;
};

}  // namespace sweetspot::tuner
