#pragma once

#include <cstdint>

namespace sweetspot::platform {

// Raises the soft limit of open file descriptors to the hard one. Returns the limit in force
// afterwards. Called once, at the start of main.
std::uint64_t raise_file_limit();

// Descriptors for ports, logs, callers of the API, the page's viewers.
inline constexpr std::uint64_t spare_files = 512;

// How many clients may be connected so that `files` descriptors are enough for `limit_max`
// connections to the upstream, too, and for the sidecar's own. Where there are hardly enough for
// those, a third of them is for clients all the same.
std::uint64_t connections_within(std::uint64_t files, std::uint64_t limit_max);

}  // namespace sweetspot::platform
