#pragma once

#include <string>
#include <string_view>

#include "loadgen/sweep/sweep.hpp"

namespace sweetspot::loadgen {

// An SVG of its own: throughput and p99 over the pool size (logarithmic), the knee and its
// interval marked, the verdict in words beneath.
std::string draw_chart(const Curve& curve);

// Text that may stand in XML or HTML.
std::string escaped(std::string_view text);

}  // namespace sweetspot::loadgen
