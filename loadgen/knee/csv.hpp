#pragma once

#include <istream>
#include <string>
#include <vector>

#include "service/platform/units.hpp"
#include "tuner/knee.hpp"

namespace sweetspot::loadgen {

// Reads a finished load curve: a header with pool_size, throughput, p99_ms and perhaps p50_ms,
// threads, valid, in any order; then a row a level, in any order. Rows that are not valid are left
// out. The error says where in `name` which value is wrong, and what is allowed.
platform::Parsed<std::vector<tuner::CurvePoint>> read_curve(std::istream& in,
                                                            const std::string& name);

}  // namespace sweetspot::loadgen
