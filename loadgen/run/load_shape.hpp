#pragma once

#include "loadgen/command/options.hpp"
#include "loadgen/engine/plan.hpp"

namespace sweetspot::loadgen {

// Gives a plan its load over time: clients or rate, ramp, warm-up, stages, and when it ends.
void shape(engine::Plan& plan, const RunOptions& options);

// How long it is going to take, where that is known beforehand.
std::optional<Duration> length_of(const RunOptions& options);

}  // namespace sweetspot::loadgen
