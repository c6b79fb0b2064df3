#pragma once

#include <vector>

#include "loadgen/sweep/level.hpp"

namespace sweetspot::loadgen {

// The same size, measured several times, as one level: counts and latencies add up, figures are
// means, peaks are the highest. Its interval is the wider of what the repeats' own say and what
// their scatter says. It is valid where all of them are. At least one.
Level merged(const std::vector<Level>& repeats);

}  // namespace sweetspot::loadgen
