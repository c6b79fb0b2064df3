#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "service/control/decision_log.hpp"
#include "tuner/knee.hpp"

namespace sweetspot::observe {

// One limit, as all comparisons that measured it saw it: the newest count most.
struct LearntPoint {
  tuner::Arm arm;
  double throughput_low = 0, throughput_high = 0;  // of the single arms
  std::int64_t unix_time_ms = 0;                   // of the newest
  bool is_stale = false;  // measured before the capacity last changed, and not since
};

// From one limit of the curve to the next.
struct LearntStep {
  int from = 0, to = 0;  // limits
  double elasticity = 0;
  bool is_compared = false;  // slice by slice; else it follows from two points of different times
};

// The load curve as the tuner has learnt it, by limit.
struct LearntCurve {
  std::vector<LearntPoint> points;
  std::vector<LearntStep> steps;
  std::optional<double> e_star;  // of the newest comparison
};
LearntCurve learnt_curve(const std::deque<control::Decision>& decisions);

// The one that demand alone has drawn, where nothing is held back.
LearntCurve demand_curve(const std::vector<tuner::CurvePoint>& points, std::int64_t unix_time_ms);

}  // namespace sweetspot::observe
