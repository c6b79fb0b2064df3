#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tuner/objective.hpp"
#include "tuner/time.hpp"

namespace sweetspot::tuner {

// One level of a finished load curve.
struct CurvePoint {
  int pool_size = 0;      // the level: limit, pool size or number of clients; >= 1
  double throughput = 0;  // successes a second
  std::optional<Duration> p50;
  Duration p99{};
  std::optional<double> in_flight;    // measured mean; pool_size where absent
  std::optional<double> relative_ci;  // half-width of throughput's 95 % interval / throughput
};

struct Knee {
  std::optional<int> sweet_spot{};  // absent where the curve still rises: "not reached"
  int low = 0, high = 0;            // the interval in which the truth lies; 0 where unknown
  double confidence = 0;            // 0..1; falls with the noise of the curve
  std::string reason{};  // plateau | latency | throughput_loss | not_reached | too_few_levels
  std::string sentence{};
};

// Judges a finished curve by the tuner's own rule: climb while d ln X / d ln N > e*. The order of
// the points does not matter, nor do the units of throughput. Objective latency needs `p99_bound`.
Knee find_knee(std::vector<CurvePoint> curve, Objective objective,
               std::optional<double> e_star = {}, std::optional<Duration> p99_bound = {});

// One step of that rule, for who looks between two levels of a curve.
struct StepVerdict {
  double z = 0;                   // how many standard errors its gain is above what pays
  double elasticity = 0;          // d ln X / d ln N
  bool latency_degrades = false;  // p99 grew more than a doubling may have it grow
};
StepVerdict judge_step(const CurvePoint& lo, const CurvePoint& hi, Objective objective,
                       std::optional<double> e_star = {});

}  // namespace sweetspot::tuner
