#pragma once

#include <vector>

#include "service/config/keys.hpp"

namespace sweetspot::config {

// What those who run it ask for: its end, its files, its logs; and who may call the control API.
void add_life_keys(std::vector<Key>& all);
void add_caller_keys(std::vector<Key>& all);

}  // namespace sweetspot::config
