#pragma once

#include <string>

#include "loadgen/sweep/sweep.hpp"

namespace sweetspot::loadgen {

// A page that needs nothing beside itself: verdict, chart, table, evidence.
std::string format_html(const Curve& curve, const SweepOptions& options);

}  // namespace sweetspot::loadgen
