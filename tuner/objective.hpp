#pragma once

#include <optional>
#include <string_view>

namespace sweetspot::tuner {

// What counts as the best limit: how much more throughput a larger limit must bring.
enum class Objective {
  balanced,    // elasticity above 0.40: the knee, with latency near its best
  throughput,  // elasticity above 0.15: the last size that still gains
  latency,     // the largest limit whose p99 meets a given bound
};

std::string_view to_string(Objective objective);
std::optional<Objective> objective_from(std::string_view name);

// The least elasticity d ln X / d ln N that justifies a climb.
double default_e_star(Objective objective);

// The same for a half step up from a limit whose doubling was not worth it.
double half_step_e_star(Objective objective);

}  // namespace sweetspot::tuner
