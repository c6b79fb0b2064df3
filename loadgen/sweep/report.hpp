#pragma once

#include <string>

#include "loadgen/sweep/sweep.hpp"

namespace sweetspot::loadgen {

// The table, head and row by row, and what comes under it. A wide one has all that was measured;
// its gain is over the level before, where there is one.
std::string format_table_head(bool wide = false);
std::string format_table_row(const Level& level, bool wide = false, const Level* before = nullptr);
std::string format_part(Part part);  // the heading of what follows the ladder
std::string format_table_foot(const Curve& curve, tuner::Objective objective);

std::string format_sweep_json(const Curve& curve, const SweepOptions& options);
std::string format_sweep_csv(const Curve& curve);

// Why a level does not count, in words.
std::string invalid_words(const Level& level);

}  // namespace sweetspot::loadgen
