#include "service/proxy/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace sweetspot::proxy {

namespace {

std::optional<std::array<std::uint8_t, 16>> parse_address(std::string_view text) {
  const std::string address(text);
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return bytes;
  if (::inet_pton(AF_INET, address.c_str(), bytes.data() + 12) != 1) return std::nullopt;
  bytes[10] = bytes[11] = 0xff;
  return bytes;
}

using Host = std::string_view;

std::vector<Host> addresses_of(Host host) {
  if (host == "localhost") return {"127.0.0.1", "::1"};
  return parse_address(host) ? std::vector{host} : std::vector<Host>{};
}

// Who connects to no address in particular reaches the loopback.
Host target_of(Host address) {
  if (parse_address(address) == parse_address("0.0.0.0")) return "127.0.0.1";
  return parse_address(address) == parse_address("::") ? "::1" : address;
}

bool leads_to(Host address, Host bound) {
  const Host target = target_of(address);
  if (parse_address(target) == parse_address(bound)) return true;
  const bool is_v4_loopback = Network::parse("127.0.0.0/8")->contains(target);
  if (parse_address(bound) == parse_address("0.0.0.0")) return is_v4_loopback;
  const bool is_loopback = is_v4_loopback || parse_address(target) == parse_address("::1");
  return parse_address(bound) == parse_address("::") && is_loopback;
}

}  // namespace

bool reaches(std::string_view host, std::string_view bound) {
  if (host == bound) return true;
  const auto ways = addresses_of(host), places = addresses_of(bound);
  return std::any_of(ways.begin(), ways.end(), [&](Host way) {
    return std::any_of(places.begin(), places.end(),
                       [&](Host place) { return leads_to(way, place); });
  });
}

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const auto prefix = parse_address(address);
  if (!prefix) return std::nullopt;
  Network network;
  network.prefix_ = *prefix;
  if (slash == std::string_view::npos) return network;

  const std::string_view bits = text.substr(slash + 1);
  const int most = address.find(':') != std::string_view::npos ? 128 : 32;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), network.bits_);
  if (error != std::errc() || end != bits.data() + bits.size() || network.bits_ < 0 ||
      network.bits_ > most) {
    return std::nullopt;
  }
  network.bits_ += 128 - most;
  return network;
}

bool Network::contains(std::string_view text) const {
  const auto address = parse_address(text);
  if (!address) return false;
  for (int bit = 0; bit < bits_; bit += 8) {
    const int left = std::min(bits_ - bit, 8);
    const auto index = static_cast<std::size_t>(bit / 8);
    if ((((*address)[index] ^ prefix_[index]) >> (8 - left)) != 0) return false;
  }
  return true;
}

}  // namespace sweetspot::proxy
