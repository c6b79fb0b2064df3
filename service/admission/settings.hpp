#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tuner/time.hpp"

namespace sweetspot::admission {

// Why a request was refused. Closed list: header x-sweetspot-reason, label of
// sweetspot_shed_total{reason}, log field; service/README.md documents each.
enum class ShedReason : std::uint8_t {
  queue_full,     // the queue was at its size
  queue_timeout,  // no permit within queue.timeout
  deadline,       // the request's own deadline could not be met
  codel,          // a standing queue was cut
  draining,       // the sidecar is shutting down
};
inline constexpr std::size_t shed_reason_count = 5;
std::string_view to_string(ShedReason reason);

enum class Mode {
  enforce,  // hold and shed
  shadow,   // hold and shed nothing, count what would have been
  off,      // a plain proxy
};
std::string_view to_string(Mode mode);

struct Settings {
  Mode mode = Mode::enforce;
  std::size_t queue_size = 1000;                            // requests
  tuner::Duration queue_timeout = std::chrono::seconds(5);  // until a waiter is shed
};

}  // namespace sweetspot::admission
