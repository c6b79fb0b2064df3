#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tuner/knee.hpp"

namespace sweetspot::loadgen {

// What another knee detector says of the same curve: evidence beside the answer, never the answer.
struct Vote {
  std::string detector;        // kneedle | last_gain | near_plateau | usl
  std::optional<double> size;  // absent where it sees no knee
  std::string note;            // what it rests on
};

// Universal Scalability Law (Gunther, 1993): X(N) = λN / (1 + σ(N − 1) + κN(N − 1)).
struct ScalabilityFit {
  double lambda = 0, sigma = 0, kappa = 0;
  double r2 = 0;
  std::optional<double> peak{};  // sqrt((1 − σ)/κ)
  bool is_extrapolated = false;  // the peak lies beyond the levels measured
};
std::optional<ScalabilityFit> fit_scalability(const std::vector<tuner::CurvePoint>& curve);

// The levels sorted by size. Nothing where there are fewer than three.
std::vector<Vote> votes(std::vector<tuner::CurvePoint> curve);

}  // namespace sweetspot::loadgen
