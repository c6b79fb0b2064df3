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

// Whether who connects to a host reaches what is bound to another, on the same port and machine, as
// far as their texts tell: 127.0.0.1, localhost and 0.0.0.0 reach what is bound to 0.0.0.0.
bool reaches(std::string_view host, std::string_view bound);

}  // namespace sweetspot::proxy
