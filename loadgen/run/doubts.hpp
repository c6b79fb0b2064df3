#pragma once

#include <string>
#include <vector>

#include "loadgen/engine/engine.hpp"
#include "loadgen/run/options.hpp"

namespace sweetspot::loadgen {

// Why a run may say less about its target than it seems to. The reasons are a closed list, told in
// the README.
struct Doubt {
  std::string reason, sentence;
};

std::vector<Doubt> doubts_of(const engine::Outcome& outcome, const RunOptions& options);

}  // namespace sweetspot::loadgen
