#include "service/proxy/addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace sweetspot::proxy {

namespace {

constexpr std::string_view unix_prefix = "unix:";

template <typename Known>
Address filled(const Known& known, socklen_t size) {
  return address_of(reinterpret_cast<const sockaddr*>(&known), size);
}

}  // namespace

std::uint16_t port_of(const sockaddr* address) {
  if (address->sa_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
  if (address->sa_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port);
  return 0;
}

bool is_unix(const Endpoint& endpoint) { return endpoint.host.starts_with(unix_prefix); }

Address address_of(const sockaddr* address, socklen_t size) {
  Address result;
  std::memcpy(&result.storage, address, size);
  result.size = size;
  if (address->sa_family == AF_UNIX)
    result.name =
        std::string(unix_prefix) + reinterpret_cast<const sockaddr_un&>(result.storage).sun_path;
  else
    result.name = format({host_of(address), port_of(address)});
  return result;
}

std::optional<Address> literal_address(const Endpoint& endpoint) {
  if (is_unix(endpoint)) {
    const std::string path = endpoint.host.substr(unix_prefix.size());
    sockaddr_un local{};
    if (path.size() >= sizeof local.sun_path) return {};
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, path.c_str(), path.size());
    return filled(local, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1));
  }
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, endpoint.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    return filled(v4, sizeof v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, endpoint.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    return filled(v6, sizeof v6);
  }
  return {};
}

std::string host_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* raw = nullptr;
  if (address->sa_family == AF_INET)
    raw = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  else if (address->sa_family == AF_INET6)
    raw = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  else
    return address->sa_family == AF_UNIX ? "unix" : "";
  ::inet_ntop(address->sa_family, raw, text.data(), text.size());
  return text.data();
}

std::string format(const Endpoint& endpoint) {
  if (is_unix(endpoint)) return endpoint.host;
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  std::string text = is_v6 ? std::string("[") : std::string();
  text += endpoint.host;
  text += is_v6 ? "]:" : ":";
  return text + std::to_string(endpoint.port);
}

std::string format(const std::vector<Endpoint>& endpoints) {
  std::string text;
  for (const Endpoint& endpoint : endpoints) {
    if (!text.empty()) text += ',';
    text += format(endpoint);
  }
  return text;
}

}  // namespace sweetspot::proxy
