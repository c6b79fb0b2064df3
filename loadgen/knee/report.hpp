#pragma once

#include <string>

#include "tuner/knee.hpp"

namespace sweetspot::loadgen {

// The verdict in words. Its last line is `sweet spot: 8 (balanced)` or, where the curve still
// rises, `sweet spot: not reached (balanced)`.
std::string format_knee(const tuner::Knee& knee, tuner::Objective objective);

}  // namespace sweetspot::loadgen
