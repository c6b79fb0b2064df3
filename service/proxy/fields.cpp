#include "service/proxy/fields.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sweetspot::proxy {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Letters, digits, and `others`: one look-up for each byte of what every request brings.
constexpr std::array<bool, 256> alphanumeric_and(std::string_view others) {
  std::array<bool, 256> set{};
  for (int c = 0; c < 128; ++c) {
    set[static_cast<std::size_t>(c)] = is_digit(static_cast<char>(c)) || is_alpha(static_cast<char>(c));
  }
  for (const char c : others) set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr auto token_characters = alphanumeric_and("!#$%&'*+-.^_`|~");
constexpr auto name_characters = alphanumeric_and("-._~!$&'()*+,;=");
constexpr auto literal_characters = alphanumeric_and(":.");

bool consists_of(const std::array<bool, 256>& set, std::string_view value) {
  for (const char c : value) {
    if (!set[static_cast<unsigned char>(c)]) return false;
  }
  return !value.empty();
}

bool is_token(std::string_view value) { return consists_of(token_characters, value); }

std::string_view trim(std::string_view value) {
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  return value;
}

// RFC 3986, section 3.2.2: a name or an IPv4 address.
bool is_name(std::string_view host) {
  for (std::size_t i = 0; i < host.size(); ++i) {
    if (host[i] == '%') {
      if (i + 2 >= host.size() || !is_hex(host[i + 1]) || !is_hex(host[i + 2])) return false;
      i += 2;
    } else if (!name_characters[static_cast<unsigned char>(host[i])]) {
      return false;
    }
  }
  return !host.empty();
}

// What stands between the brackets of an IP literal; its inner grammar is the upstream's affair.
bool is_ip_literal(std::string_view inner) { return consists_of(literal_characters, inner); }

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> next_element(std::string_view& list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_length(std::string_view value) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.empty()) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : value) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (most - digit) / 10) return std::nullopt;
    length = length * 10 + digit;
  }
  return length;
}

bool is_authority(std::string_view value) {
  std::string_view port;
  if (!value.empty() && value.front() == '[') {
    const std::size_t end = value.find(']');
    if (end == std::string_view::npos || !is_ip_literal(value.substr(1, end - 1))) return false;
    port = value.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
    if (!port.empty()) port.remove_prefix(1);
  } else {
    const std::size_t colon = value.find(':');
    if (!is_name(value.substr(0, colon))) return false;
    if (colon != std::string_view::npos) port = value.substr(colon + 1);
  }
  return port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

Coding parse_coding(std::string_view value) {
  if (equals_ignoring_case(value, "chunked")) return Coding::chunked;
  int elements = 0;
  bool chunked_before = false;
  while (const auto element = next_element(value)) {
    // `chunked` takes no parameters and is applied once, last.
    const std::string_view name = trim(element->substr(0, element->find(';')));
    if (!is_token(name) || chunked_before) return Coding::malformed;
    if (equals_ignoring_case(name, "chunked")) {
      if (name.size() != element->size()) return Coding::malformed;
      chunked_before = true;
    }
    ++elements;
  }
  return elements == 0 ? Coding::malformed : Coding::unknown;
}

std::optional<AbsoluteTarget> parse_absolute(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t end = std::min(target.find_first_of("/?#"), target.size());
    return AbsoluteTarget{target.substr(0, end), target.substr(end)};
  }
  return std::nullopt;
}

}  // namespace sweetspot::proxy
