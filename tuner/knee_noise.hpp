#pragma once

#include <cstdint>
#include <vector>

#include "tuner/knee.hpp"

namespace sweetspot::tuner {

// The standard error of ln X of each level, levels sorted by in-flight: what the level says of
// itself (an assumed one where it says nothing), and never less than how far the curve as a whole
// scatters about one whose elasticity only falls. Short batches of one level cannot see what moves
// from one level to the next; the curve can.
std::vector<double> throughput_errors(const std::vector<CurvePoint>& levels);

// The same levels as another measurement might have found them. Equal seeds give equal draws.
std::vector<CurvePoint> redrawn(const std::vector<CurvePoint>& levels,
                                const std::vector<double>& errors, std::uint64_t seed);

}  // namespace sweetspot::tuner
