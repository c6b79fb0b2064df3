#pragma once

#include <vector>

#include "service/config/keys.hpp"

namespace sweetspot::config {

// Where clients connect and where the backend is, for keys.cpp alone.
void add_network_keys(std::vector<Key>& all);

}  // namespace sweetspot::config
