#pragma once

#include <vector>

#include "service/config/keys.hpp"

namespace sweetspot::config {

// The keys of service/fleet.
void add_fleet_keys(std::vector<Key>& all);

}  // namespace sweetspot::config
