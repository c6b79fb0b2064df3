#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sweetspot::proxy {

// An IPv4 or IPv6 network; IPv4 is part of IPv6 as ::ffff:0:0/96.
class Network {
 public:
  static std::optional<Network> parse(std::string_view text);  // ADDRESS[/BITS]
  bool contains(std::string_view address) const;

 private:
  std::array<std::uint8_t, 16> prefix_{};
  int bits_ = 128;
};

}  // namespace sweetspot::proxy
