#pragma once

#include "loadgen/engine/slices.hpp"

namespace sweetspot::loadgen {

// How wide the 95 % interval of a quantile is to either side, in standard errors of independent
// samples: 1.96 at least. Latencies of neighbouring requests are alike, those of one busy moment
// above all, so that many samples may say little. By batch means of the share at or below the
// quantile.
struct Scatter {
  double p50 = 1.96, p90 = 1.96, p99 = 1.96;
};
Scatter scatter_of(const engine::Slices& slices);

}  // namespace sweetspot::loadgen
