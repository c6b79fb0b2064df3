#pragma once

#include <string>

namespace sweetspot::loadgen {

// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

}  // namespace sweetspot::loadgen
