#pragma once

#include "loadgen/engine/plan.hpp"
#include "loadgen/targets/target.hpp"

namespace sweetspot::loadgen {

// The part of a plan that says what is sent where. A sentence where the options do not allow it.
platform::Parsed<engine::Plan> make_plan(const Target& target);

}  // namespace sweetspot::loadgen
