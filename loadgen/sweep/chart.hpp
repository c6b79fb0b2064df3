#pragma once

#include <string>

#include "loadgen/sweep/sweep.hpp"

namespace sweetspot::loadgen {

// An SVG of its own: throughput and p99 over the pool size (logarithmic), the knee and its
// interval marked, the verdict in words beneath.
std::string draw_chart(const Curve& curve);

}  // namespace sweetspot::loadgen
