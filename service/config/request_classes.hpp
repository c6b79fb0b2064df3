#pragma once

#include <functional>
#include <string>

#include "service/config/settings.hpp"

namespace sweetspot::config {

// Turns the texts of `groups`, `classes` and `rules` into what admission and proxy work with. Calls
// `report(key, index, allowed)` for each text that is wrong.
using Report =
    std::function<void(const std::string& key, std::size_t index, const std::string& allowed)>;
void resolve_classes(Config& config, const Report& report);

}  // namespace sweetspot::config
