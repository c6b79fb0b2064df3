#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "service/proxy/settings.hpp"
#include "service/proxy/upstream_targets.hpp"

namespace sweetspot::proxy {

// The kernel's addresses and ours.
bool is_unix(const Endpoint& endpoint);                            // host is unix:/PATH
Address address_of(const sockaddr* address, socklen_t size);       // with its name
std::optional<Address> literal_address(const Endpoint& endpoint);  // nothing where it is a name
std::uint16_t port_of(const sockaddr* address);                    // 0 for a Unix socket
std::string host_of(const sockaddr* address);  // without a port; `unix` for a Unix socket

// Whether what is sent to an address comes in at a listener. One on all interfaces takes it where
// the address is of this machine.
bool leads_to(const Address& address, const Address& listener);

std::string format(const Endpoint& endpoint);                // HOST:PORT, [HOST]:PORT, unix:/PATH
std::string format(const std::vector<Endpoint>& endpoints);  // with commas between

}  // namespace sweetspot::proxy
