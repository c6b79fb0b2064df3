#pragma once

#include <cstdint>

#include "loadgen/engine/tally.hpp"

namespace sweetspot::loadgen {

// The longest that anything took which came to an end; zero where nothing did.
engine::Duration longest_in(const engine::Tally& tally);

// How many of the unanswered had waited so much longer than that, that they are no slow answers cut
// off by the end. In no latency, they are failures nevertheless.
std::uint64_t hung_in(const engine::Tally& tally);

}  // namespace sweetspot::loadgen
