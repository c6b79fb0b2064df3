#pragma once

#include <string>

#include "loadgen/sweep.hpp"

namespace sweetspot::loadgen {

// The table, head and row by row, and what comes under it.
std::string format_table_head();
std::string format_table_row(const Level& level);
std::string format_table_foot(const Curve& curve, tuner::Objective objective);

std::string format_sweep_json(const Curve& curve, const SweepOptions& options);
std::string format_sweep_csv(const Curve& curve);

}  // namespace sweetspot::loadgen
