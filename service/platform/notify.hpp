#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace sweetspot::platform {

// Tells the service manager how we are (sd_notify(3)), where there is one that wants to know: by a
// datagram to $NOTIFY_SOCKET. `state` is lines of VARIABLE=VALUE. Never waits.
void notify(const std::string& state);

// How often the manager wants to hear WATCHDOG=1, if at all ($WATCHDOG_USEC).
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace sweetspot::platform
