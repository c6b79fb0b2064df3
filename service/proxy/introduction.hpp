#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/proxy/network.hpp"

namespace sweetspot::proxy {

struct RequestHead;

// Which fields tell the upstream who its client is.
enum class ClientFields { none, x_forwarded, forwarded, both };
constexpr std::string_view to_string(ClientFields fields) {
  switch (fields) {
    case ClientFields::none:
      return "none";
    case ClientFields::x_forwarded:
      return "x_forwarded";
    case ClientFields::forwarded:
      return "forwarded";
    case ClientFields::both:
      return "both";
  }
  return "";
}

struct IntroductionSettings {
  std::string via{};  // our name there; empty: no Via
  ClientFields client = ClientFields::none;
  std::vector<std::string>
      trusted{};  // networks as 10.0.0.0/8, whose word on the client is believed
};

// Who sent a request, as far as its connection tells.
struct Sender {
  std::string address;  // numeric; empty where it has none
  bool is_trusted = false, used_tls = false;
};

// What the upstream is told of the way that a request came: Via (RFC 9110, section 7.6.3),
// Forwarded (RFC 7239), X-Forwarded-For, -Proto and -Host. What a hop says that is not trusted is
// replaced, what a trusted one says is continued. Any thread.
class Introduction {
 public:
  explicit Introduction(const IntroductionSettings& settings);
  bool is_needed() const { return !via_.empty() || client_ != ClientFields::none; }
  bool trusts(std::string_view address) const;

  // Drops the lines that are replaced or continued, and appends ours to `text`.
  void introduce(RequestHead& head, const char* base, const Sender& sender,
                 std::string& text) const;

  std::string_view via() const { return via_; }

 private:
  const std::string via_;
  const ClientFields client_;
  std::vector<Network> trusted_;
};

}  // namespace sweetspot::proxy
