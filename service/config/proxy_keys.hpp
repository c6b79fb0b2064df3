#pragma once

#include <vector>

#include "service/config/keys.hpp"

namespace sweetspot::config {

// What a request meets on its way: deadlines, bounds, buffers, and what is told of the client.
void add_proxy_keys(std::vector<Key>& all);

}  // namespace sweetspot::config
