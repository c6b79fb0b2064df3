#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "service/control/decision_log.hpp"
#include "tuner/knee.hpp"

namespace sweetspot::control {

// The load curve as the tuner has seen it: what was measured last at each limit. Bounded. One
// thread.
class LoadCurve {
 public:
  static constexpr std::size_t capacity = 48;  // limits; of more, the one measured longest ago goes

  struct Point {
    tuner::Arm arm;
    std::int64_t unix_time_ms = 0;
    bool stale = false;  // of an earlier run, or of another capacity: shown, and not judged

    bool operator==(const Point&) const = default;
  };

  void note(const Decision& decision);
  void restore(const std::vector<Point>& earlier);  // they are stale; what is known is kept
  std::vector<Point> points() const;                // the smallest limit first

  // Judges the points that are not stale. Objective latency needs `p99_bound`.
  tuner::Knee knee(tuner::Objective objective, std::optional<double> e_star,
                   std::optional<tuner::Duration> p99_bound) const;

 private:
  void drop_oldest();

  std::map<int, Point> points_;  // by limit
};

}  // namespace sweetspot::control
