#pragma once

#include <string>

#include "loadgen/run/report.hpp"

namespace sweetspot::loadgen {

// The same figures under the headings of ab and of hey, for scripts that read those.
std::string format_like_ab(const RunResult& result, const RunOptions& options);
std::string format_like_hey(const RunResult& result);

}  // namespace sweetspot::loadgen
