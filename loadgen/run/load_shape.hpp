#pragma once

#include "loadgen/engine/plan.hpp"
#include "loadgen/run/options.hpp"

namespace sweetspot::loadgen {

// Gives a plan its load over time: clients or rate, ramp, warm-up, stages, and when it ends.
void shape(engine::Plan& plan, const RunOptions& options);

// How long it is going to take, where that is known beforehand.
std::optional<Duration> length_of(const RunOptions& options);

}  // namespace sweetspot::loadgen
