#pragma once

#include <vector>

#include "service/config/keys.hpp"

namespace sweetspot::config {

// What decides who waits, who is served, and what the others are told.
void add_queue_keys(std::vector<Key>& all);
void add_class_keys(std::vector<Key>& all);
void add_refusal_keys(std::vector<Key>& all);

}  // namespace sweetspot::config
