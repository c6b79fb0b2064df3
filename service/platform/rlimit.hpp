#pragma once

#include <cstdint>

namespace sweetspot::platform {

// Raises the soft limit of open file descriptors to the hard one. Returns the limit in force
// afterwards. Called once, at the start of main.
std::uint64_t raise_file_limit();

}  // namespace sweetspot::platform
