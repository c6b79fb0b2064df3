#include "tuner/algorithm.hpp"

#include <array>

namespace sweetspot::tuner {

std::string_view to_string(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::sweetspot:
      return "sweetspot";
    case Algorithm::gradient:
      return "gradient";
    case Algorithm::gradient2:
      return "gradient2";
    case Algorithm::vegas:
      return "vegas";
    case Algorithm::aimd:
      return "aimd";
    case Algorithm::fixed:
      return "fixed";
  }
  return "unknown";
}

std::span<const Algorithm> all_algorithms() {
  static constexpr std::array all{Algorithm::sweetspot, Algorithm::gradient, Algorithm::gradient2,
                                  Algorithm::vegas,     Algorithm::aimd,     Algorithm::fixed};
  return all;
}

std::optional<Algorithm> algorithm_from(std::string_view name) {
  for (Algorithm each : all_algorithms()) {
    if (to_string(each) == name) return each;
  }
  return std::nullopt;
}

}  // namespace sweetspot::tuner
