#include "tuner/objective.hpp"

namespace sweetspot::tuner {

std::string_view to_string(Objective objective) {
  switch (objective) {
    case Objective::balanced: return "balanced";
    case Objective::throughput: return "throughput";
    case Objective::latency: return "latency";
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
  // 0.5 would maximise Kleinrock's power X/R. The balanced value lies between the table's
  // elasticities of 0.585 (4 to 8) and 0.222 (8 to 16), throughput's between 0.222 and 0.041.
  return objective == Objective::balanced ? 0.32 : 0.15;
}

}  // namespace sweetspot::tuner
