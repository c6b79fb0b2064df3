#pragma once

#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/config/keys.hpp"
#include "service/platform/units.hpp"

// Makers of keys by the kind of their value, for the files of keys alone.
namespace sweetspot::config {

using Values = std::vector<std::string>;

template <class Number>
std::optional<Number> number_from(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

// Shortest decimal that reads back as the same number.
inline std::string text_of(double value) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), error == std::errc{} ? end : buffer.data()};
}

inline std::string bytes_text(std::size_t bytes) {
  if (bytes >= 1024 * 1024 && bytes % (1024 * 1024) == 0)
    return std::to_string(bytes >> 20) + "MiB";
  if (bytes >= 1024 && bytes % 1024 == 0) return std::to_string(bytes >> 10) + "KiB";
  return std::to_string(bytes) + "B";
}

// A field is a generic lambda that leads from a Config, const or not, to one member.
// One value, read by `read` (text -> optional value) and written by `write` (value -> text).
template <class Field, class Read, class Write>
Key scalar(std::string name, std::string allowed, std::string help, Field field, Read read,
           Write write) {
  return {.name = std::move(name),
          .allowed = std::move(allowed),
          .help = std::move(help),
          .set =
              [field, read](Config& config, const Values& values) {
                if (values.size() != 1) return false;
                const auto value = read(std::string_view(values.front()));
                if (value) field(config) = *value;
                return value.has_value();
              },
          .show = [field, write](const Config& config) { return write(field(config)); }};
}

// The same for a member that may be absent, which is written as `none`.
template <class Field, class Read, class Write>
Key optional(std::string name, std::string allowed, std::string help, Field field, Read read,
             Write write) {
  return {.name = std::move(name),
          .allowed = "none, or " + std::move(allowed),
          .help = std::move(help),
          .set =
              [field, read](Config& config, const Values& values) {
                if (values.size() != 1) return false;
                field(config).reset();
                if (values.front() != "none") field(config) = read(values.front());
                return values.front() == "none" || field(config).has_value();
              },
          .show =
              [field, write](const Config& config) {
                return field(config) ? write(*field(config)) : std::string("none");
              }};
}

// Text of one line, where none is written for nothing.
template <class Field>
Key text(std::string name, std::string what, std::string help, Field field) {
  return scalar(
      std::move(name), "none, or " + std::move(what), std::move(help), field,
      [](std::string_view given) -> std::optional<std::string> {
        const bool is_line = !given.empty() && given.find('\n') == std::string_view::npos;
        if (!is_line) return {};
        return given == "none" ? std::string() : std::string(given);
      },
      [](const std::string& value) { return value.empty() ? "none" : value; });
}

template <class Field>
Key path(std::string name, std::string help, Field field) {
  return text(std::move(name), "the path of a file", std::move(help), field);
}

template <std::integral Number>
auto reads_number(Number low, Number high) {
  return [low, high](std::string_view text) {
    auto value = number_from<Number>(text);
    return value && *value >= low && *value <= high ? value : std::nullopt;
  };
}
template <std::integral Number>
std::string number_range(Number low, Number high) {
  return "a number from " + std::to_string(low) + " to " + std::to_string(high);
}
inline constexpr auto writes_number = [](auto value) { return std::to_string(value); };

inline auto reads_duration(Duration low, Duration high) {
  return [low, high](std::string_view text) {
    const auto parsed = platform::parse_duration(text);
    return parsed.value && *parsed >= low && *parsed <= high ? parsed.value : std::nullopt;
  };
}
inline std::string duration_range(Duration low, Duration high) {
  return "a duration from " + platform::format_duration(low) + " to " +
         platform::format_duration(high);
}
inline constexpr auto writes_duration = [](Duration value) {
  return platform::format_duration(value);
};

template <class Field>
Key number(std::string name, int low, int high, std::string help, Field field) {
  return scalar(std::move(name), number_range(low, high), std::move(help), field,
                reads_number(low, high), writes_number);
}

template <class Field>
Key boolean(std::string name, std::string help, Field field) {
  return scalar(
      std::move(name), "true or false", std::move(help), field,
      [](std::string_view text) -> std::optional<bool> {
        if (text != "true" && text != "false") return {};
        return text == "true";
      },
      [](bool value) { return value ? "true" : "false"; });
}

template <class Field>
Key count(std::string name, std::size_t low, std::size_t high, std::string help, Field field) {
  return scalar(std::move(name), number_range(low, high), std::move(help), field,
                reads_number(low, high), writes_number);
}

template <class Field>
Key duration(std::string name, Duration low, Duration high, std::string help, Field field) {
  return scalar(std::move(name), duration_range(low, high), std::move(help), field,
                reads_duration(low, high), writes_duration);
}

template <class Field>
Key size(std::string name, std::size_t low, std::size_t high, std::string help, Field field) {
  return scalar(
      std::move(name), "a size from " + bytes_text(low) + " to " + bytes_text(high),
      std::move(help), field,
      [low, high](std::string_view text) {
        const auto parsed = platform::parse_size(text);
        return parsed.value && *parsed >= low && *parsed <= high
                   ? std::optional<std::size_t>(*parsed)
                   : std::nullopt;
      },
      bytes_text);
}

inline std::string tcp_endpoint(std::uint16_t lowest_port) {
  return "HOST:PORT with a port from " + std::to_string(lowest_port) + " to 65535";
}

inline std::optional<proxy::Endpoint> tcp_endpoint_from(std::string_view text,
                                                        std::uint16_t lowest_port) {
  const auto parsed = platform::parse_endpoint(text);
  if (!parsed || parsed.value->port < lowest_port) return {};
  return proxy::Endpoint{parsed.value->host, parsed.value->port};
}

// A Unix socket is a host without a port.
inline constexpr std::string_view unix_prefix = "unix:/";
inline constexpr std::size_t longest_path = sizeof(sockaddr_un{}.sun_path) - 1;

inline std::string endpoint_or_socket(std::uint16_t lowest_port) {
  return tcp_endpoint(lowest_port) + ", or unix:/PATH of at most " + std::to_string(longest_path) +
         " bytes";
}

inline std::optional<proxy::Endpoint> endpoint_or_socket_from(std::string_view text,
                                                              std::uint16_t lowest_port) {
  if (!text.starts_with(unix_prefix)) return tcp_endpoint_from(text, lowest_port);
  if (text.size() - (unix_prefix.size() - 1) > longest_path) return {};
  return proxy::Endpoint{std::string(text), 0};
}

inline std::string endpoint_text(const proxy::Endpoint& endpoint) {
  if (endpoint.host.starts_with(unix_prefix)) return endpoint.host;
  return platform::format_endpoint({.host = endpoint.host, .port = endpoint.port});
}

template <class Field>
Key endpoint(std::string name, std::uint16_t lowest_port, std::string help, Field field) {
  return scalar(
      std::move(name), tcp_endpoint(lowest_port), std::move(help), field,
      [lowest_port](std::string_view text) { return tcp_endpoint_from(text, lowest_port); },
      endpoint_text);
}

// One of a closed list of enumerators, by the names that to_string gives them.
template <class Field, class Enum, std::size_t N>
Key choice(std::string name, const std::array<Enum, N>& values, std::string help, Field field) {
  std::string allowed = "one of";
  for (std::size_t i = 0; i < N; ++i)
    allowed += (i == 0 ? " " : ", ") + std::string(to_string(values[i]));
  return scalar(
      std::move(name), std::move(allowed), std::move(help), field,
      [values](std::string_view text) -> std::optional<Enum> {
        for (const Enum value : values)
          if (text == to_string(value)) return value;
        return {};
      },
      [](Enum value) { return std::string(to_string(value)); });
}

// Any number of values, each of which `is_allowed`.
template <class Field, class Allowed>
Key list(std::string name, std::string allowed, std::string help, Field field, Allowed is_allowed) {
  return {.name = std::move(name),
          .allowed = std::move(allowed),
          .help = std::move(help),
          .list = true,
          .set =
              [field, is_allowed](Config& config, const Values& values) {
                if (!std::all_of(values.begin(), values.end(), is_allowed)) return false;
                field(config) = values;
                return true;
              },
          .show =
              [field](const Config& config) {
                std::string shown;
                for (const auto& value : field(config))
                  shown += (shown.empty() ? "" : ", ") + value;
                return "[" + shown + "]";
              }};
}

}  // namespace sweetspot::config
