#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "service/control/decision_log.hpp"
#include "tuner/knee.hpp"

namespace sweetspot::control {

// The load curve as the tuner has seen it: at each limit, what the last comparisons that measured
// it saw, of which the newest count most. Bounded. One thread.
class LoadCurve {
 public:
  static constexpr std::size_t capacity = 48;  // limits; of more, the one measured longest ago goes

  struct Point {
    tuner::Arm arm;
    std::int64_t unix_time_ms = 0;  // of the newest measurement
    bool stale = false;  // of an earlier run, or of another capacity: shown, and not judged
    double throughput_low = 0, throughput_high = 0;  // of the single measurements

    bool operator==(const Point&) const = default;
  };

  // From one point that is judged to the next.
  struct Step {
    int from = 0, to = 0;  // limits
    double elasticity = 0;
    bool is_compared = false;  // slice by slice; else it follows from two points of different times

    bool operator==(const Step&) const = default;
  };

  void note(const Decision& decision);
  void restore(const std::vector<Point>& earlier);  // they are stale; what is known is kept
  std::vector<Point> points() const;                // the smallest limit first
  std::vector<Step> steps() const;  // none where in-flight did not grow enough to tell

  // Judges the points that are not stale. Objective latency needs `p99_bound`.
  tuner::Knee knee(tuner::Objective objective, std::optional<double> e_star,
                   std::optional<tuner::Duration> p99_bound) const;

 private:
  struct Measured {
    tuner::Arm arm;
    std::int64_t unix_time_ms = 0;
  };
  struct Level {
    std::deque<Measured> measured;  // oldest first, never empty
    bool stale = false;
  };
  static Point pooled(const Level& level);
  void add(const tuner::Arm& arm, std::int64_t unix_time_ms);
  void drop_oldest();
  void make_stale();

  std::map<int, Level> levels_;                       // by limit
  std::map<std::pair<int, int>, double> elasticity_;  // of the newest comparison of two limits
};

// What the page, the API and sweetspotctl show: one value, so that they agree.
struct LearntCurve {
  std::vector<LoadCurve::Point> points{};  // the smallest limit first
  std::vector<LoadCurve::Step> steps{};
  tuner::Knee knee{};
  tuner::Objective objective{};  // by which it is judged
  double e_star = 0;             // the elasticity that a step must exceed to pay
  int held_limit = 0;
};

// A step as two points tell it; nothing where in-flight did not grow enough.
std::optional<LoadCurve::Step> step_between(const LoadCurve::Point& lo, const LoadCurve::Point& hi);

}  // namespace sweetspot::control
