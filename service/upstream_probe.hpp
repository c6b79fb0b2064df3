#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "service/platform/diagnosis.hpp"

namespace sweetspot::service {

// Asks a server once, on a connection of its own, with `OPTIONS *`: the request of HTTP that asks
// for nothing in particular. Blocks for `patience` at most, and as long as a name takes to resolve.
// `field` is a line of the request, by which the sidecar knows it again should it come back.
platform::UpstreamAnswer ask_upstream(const std::string& host, std::uint16_t port,
                                      std::chrono::milliseconds patience,
                                      const std::string& field = {});

}  // namespace sweetspot::service
