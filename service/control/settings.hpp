#pragma once

#include <optional>

#include "service/admission/settings.hpp"
#include "tuner/tuner.hpp"

namespace sweetspot::control {

using tuner::Algorithm;

struct Settings {
  Algorithm algorithm = Algorithm::sweetspot;
  tuner::Settings tuner;
  admission::Mode mode = admission::Mode::enforce;
  std::optional<int> pin;  // pinned from the start
};

}  // namespace sweetspot::control
