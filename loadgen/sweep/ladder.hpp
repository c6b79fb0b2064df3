#pragma once

#include <vector>

namespace sweetspot::loadgen {

// The sizes from `from` to `to`, each `factor` times the one before (at least one more); both ends
// are among them. from >= 1, to >= from, factor > 1.
std::vector<int> ladder(int from, int to, double factor);

}  // namespace sweetspot::loadgen
