#pragma once

#include <optional>
#include <string_view>

#include "service/admission/settings.hpp"
#include "tuner/tuner.hpp"

namespace sweetspot::control {

enum class Algorithm {
  sweetspot,  // the tuner decides
  fixed,      // the start size is held until an operator pins another
};
constexpr std::string_view to_string(Algorithm algorithm) {
  return algorithm == Algorithm::fixed ? "fixed" : "sweetspot";
}

struct Settings {
  Algorithm algorithm = Algorithm::sweetspot;
  tuner::Settings tuner;
  admission::Mode mode = admission::Mode::enforce;
  std::optional<int> pin;  // pinned from the start
};

}  // namespace sweetspot::control
