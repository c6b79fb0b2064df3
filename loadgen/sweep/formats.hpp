#pragma once

#include <string>

#include "loadgen/sweep/sweep.hpp"

namespace sweetspot::loadgen {

std::string format_sweep_markdown(const Curve& curve, const SweepOptions& options);

// One test case: the sweet spot was found, or why not.
std::string format_sweep_junit(const Curve& curve, const SweepOptions& options);

// The text exposition format of Prometheus, for a pushgateway or a textfile collector.
std::string format_sweep_prometheus(const Curve& curve);

}  // namespace sweetspot::loadgen
