#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sweetspot::platform {

// What a user's text meant, or a sentence that names the text and what is allowed.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string error;  // empty where there is a value

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
};

struct Endpoint {
  std::string host;  // a name or an address; IPv6 without brackets
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
};

// `250ms`, `1.5s`, `2m`: a number from 0 and one of ns, us, ms, s, m, h. A bare 0 needs no unit.
Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text);

// `4096`, `64KiB`, `10MiB`: a number from 0 and one of B, KiB, MiB, GiB; bytes where none.
Parsed<std::uint64_t> parse_size(std::string_view text);

// `127.0.0.1:8080`, `localhost:0`, `[::1]:80`. Port 0 is allowed: the system chooses.
Parsed<Endpoint> parse_endpoint(std::string_view text);

// The way back, in the largest unit that keeps it exact: 1500 ms is `1500ms`, 2000 ms is `2s`.
std::string format_duration(std::chrono::nanoseconds duration);

// `127.0.0.1:8080`, `[::1]:80`.
std::string format_endpoint(const Endpoint& endpoint);

}  // namespace sweetspot::platform
