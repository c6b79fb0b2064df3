#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sweetspot::control {

// What went wrong with one address of the upstream.
enum class AddressError { connect, reset, timeout, protocol, status };
inline constexpr std::size_t address_error_count = 5;
constexpr std::string_view to_string(AddressError error) {
  constexpr std::array<std::string_view, address_error_count> names{"connect", "reset", "timeout",
                                                                    "protocol", "status"};
  return names[static_cast<std::size_t>(error)];
}

// An address of the upstream, as requests and health checks have found it.
struct AddressStatus {
  std::string address{}, problem{};     // HOST:PORT or unix:/PATH; why it is down, empty: it is up
  bool is_self = false;                 // a listener of this sidecar, so never used
  std::int64_t down_since_unix_ms = 0;  // 0: it is up
  int in_flight = 0, connections = 0;   // requests; connections, idle ones included
  std::uint64_t requests = 0;           // sent to it, since its name resolved to it
  std::array<std::uint64_t, address_error_count> errors{};
};

// Of so many addresses each is shown by itself, those that are down first: what names resolve to
// has no bound.
inline constexpr std::size_t most_addresses_shown = 64;

}  // namespace sweetspot::control
