#include "service/proxy/addresses.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "service/proxy/network.hpp"

namespace sweetspot::proxy {

namespace {

constexpr std::string_view unix_prefix = "unix:";

template <typename Known>
Address filled(const Known& known, socklen_t size) {
  return address_of(reinterpret_cast<const sockaddr*>(&known), size);
}

std::string_view path_of(const Address& address) {
  return std::string_view(address.name).substr(unix_prefix.size());
}

std::filesystem::path canonical(std::string_view path) {
  std::error_code ignored;
  return std::filesystem::weakly_canonical(path, ignored);
}

bool is_of_this_machine(const std::string& host) {
  const auto wanted = Network::parse(host);
  ifaddrs* found = nullptr;
  if (!wanted || ::getifaddrs(&found) != 0) return false;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> all(found, &::freeifaddrs);
  for (const ifaddrs* one = all.get(); one != nullptr; one = one->ifa_next) {
    const sockaddr* const address = one->ifa_addr;
    const bool is_ip =
        address != nullptr && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
    if (is_ip && wanted->contains(host_of(address))) return true;
  }
  return false;
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

bool leads_to(const Address& address, const Address& listener) {
  const auto* const to = reinterpret_cast<const sockaddr*>(&address.storage);
  const auto* const at = reinterpret_cast<const sockaddr*>(&listener.storage);
  if (to->sa_family == AF_UNIX || at->sa_family == AF_UNIX) {
    return to->sa_family == at->sa_family &&
           canonical(path_of(address)) == canonical(path_of(listener));
  }
  if (port_of(to) != port_of(at)) return false;
  if (reaches(host_of(to), host_of(at))) return true;
  const bool is_bound_to_all =
      host_of(at) == "::" || (host_of(at) == "0.0.0.0" && to->sa_family == AF_INET);
  return is_bound_to_all && is_of_this_machine(host_of(to));
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
