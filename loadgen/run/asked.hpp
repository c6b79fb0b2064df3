#pragma once

#include <string>
#include <utility>
#include <vector>

#include "loadgen/engine/plan.hpp"
#include "loadgen/run/options.hpp"

namespace sweetspot::loadgen {

// What was asked of a run: a name each, and the value in words. It goes with the result, so that
// two runs of different loads are not taken for each other. Of credentials it holds nothing.
using Asked = std::vector<std::pair<std::string, std::string>>;
Asked asked_of(const RunOptions& options, const engine::Plan& plan);

std::string words_of_rate(const std::optional<double>& rate);

}  // namespace sweetspot::loadgen
