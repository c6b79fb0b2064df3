#include "service/proxy/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

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

}  // namespace

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
