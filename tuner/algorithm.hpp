#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sweetspot::tuner {

// Who decides on the limit: this project's method, or one of the field's for comparison.
enum class Algorithm {
  sweetspot,  // elasticity, measured in interleaved slices
  gradient,   // Envoy's adaptive concurrency
  gradient2,  // Netflix's concurrency-limits
  vegas,      // likewise
  aimd,       // likewise
  fixed,      // the start size is held until an operator pins another
};

std::string_view to_string(Algorithm algorithm);
std::optional<Algorithm> algorithm_from(std::string_view name);
std::span<const Algorithm> all_algorithms();

}  // namespace sweetspot::tuner
