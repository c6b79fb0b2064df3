#include "service/platform/units.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "service/platform/printable.hpp"

namespace sweetspot::platform {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array<Unit, 6> duration_units{
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
constexpr std::array<Unit, 5> size_units{
    {{"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1024.0 * 1024}, {"GiB", 1024.0 * 1024 * 1024}}};

std::string quoted(std::string_view text) { return "\"" + printable(text) + "\""; }

// The number in front of a unit, scaled by it; nothing where either is not as it should be.
template <std::size_t N>
std::optional<double> scaled(std::string_view text, const std::array<Unit, N>& units) {
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text.front()))) return {};
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return {};
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto* unit = std::find_if(units.begin(), units.end(),
                                  [&](const Unit& candidate) { return candidate.name == name; });
  if (unit == units.end()) {
    // A bare zero means the same in every unit.
    return name.empty() && number == 0 ? std::optional(0.0) : std::nullopt;
  }
  const double value = number * unit->factor;
  return value < 9.2e18 ? std::optional(std::round(value)) : std::nullopt;
}

bool is_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isgraph(c) && c != '/' && c != '@' && c != '[' && c != ']';
  });
}

}  // namespace

Parsed<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (const auto value = scaled(text, duration_units)) {
    return {std::chrono::nanoseconds(static_cast<std::int64_t>(*value)), {}};
  }
  return {{},
          quoted(text) +
              " is not a duration; allowed is a number with ns, us, ms, s, m or h, "
              "as in 250ms or 1.5s"};
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  if (const auto value = scaled(text, size_units)) {
    return {static_cast<std::uint64_t>(*value), {}};
  }
  return {{},
          quoted(text) +
              " is not a size; allowed is a number with B, KiB, MiB or GiB, "
              "as in 64KiB"};
}

Parsed<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return Parsed<Endpoint>{{},
                            quoted(text) + " is not an address: " + std::string(what) +
                                "; allowed is HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080"};
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("it has no port");
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("an IPv6 address stands in brackets");
  }
  if (!is_host(host)) return wrong("it has no valid host");

  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return wrong("the port is not a number from 0 to 65535");
  }
  return {Endpoint{std::string(host), port}, {}};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const auto count = duration.count();
  if (count == 0) return "0s";
  for (auto unit = duration_units.rbegin(); unit != duration_units.rend(); ++unit) {
    const auto factor = static_cast<std::int64_t>(unit->factor);
    if (count % factor == 0) return std::to_string(count / factor) + std::string(unit->name);
  }
  return std::to_string(count) + "ns";
}

std::string format_endpoint(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  std::string text = v6 ? std::string("[").append(endpoint.host).append("]") : endpoint.host;
  return text.append(":").append(std::to_string(endpoint.port));
}

}  // namespace sweetspot::platform
