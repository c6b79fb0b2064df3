#include "tuner/objective.hpp"

namespace sweetspot::tuner {

std::string_view to_string(Objective objective) {
  switch (objective) {
    case Objective::balanced:
      return "balanced";
    case Objective::throughput:
      return "throughput";
    case Objective::latency:
      return "latency";
  }
  return "unknown";
}

std::optional<Objective> objective_from(std::string_view name) {
  for (Objective each : {Objective::balanced, Objective::throughput, Objective::latency}) {
    if (to_string(each) == name) return each;
  }
  return std::nullopt;
}

double default_e_star(Objective objective) {
  // The table's elasticities are 0.585 (4 to 8), 0.222 (8 to 16) and 0.041 (16 to 32). Balanced
  // stands midway between the first two, so that noise errs as seldom to either side; a delay that
  // each request has beside the backend lifts both.
  return objective == Objective::balanced ? 0.40 : 0.15;
}

double half_step_e_star(Objective objective) {
  // Kleinrock's power X/R must not fall. A curve's elasticity just above a limit is that of its
  // steepest part, so the doubling's own threshold would nearly always be met.
  return objective == Objective::balanced ? 0.5 : default_e_star(objective);
}

}  // namespace sweetspot::tuner
