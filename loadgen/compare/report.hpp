#pragma once

#include <string>
#include <vector>

#include "loadgen/compare/difference.hpp"

namespace sweetspot::loadgen {

// What has changed from one run to the other, where they were not of the same load, and what either
// may be doubted for.
std::string format_comparison(const std::vector<Difference>& differences, const RunResult& before,
                              const RunResult& after);
std::string format_comparison_json(const std::vector<Difference>& differences,
                                   const RunResult& before, const RunResult& after);

}  // namespace sweetspot::loadgen
