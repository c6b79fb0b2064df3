#include "service/proxy/framing/fields.hpp"

#include <algorithm>
#include <limits>

#include "service/proxy/framing/byte_sets.hpp"

namespace sweetspot::proxy {

namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

constexpr ByteSet name_characters = alphanumeric_and("-._~!$&'()*+,;=");
constexpr ByteSet literal_characters = alphanumeric_and(":.");

bool consists_of(const ByteSet& set, std::string_view value) {
  return !value.empty() &&
         std::all_of(value.begin(), value.end(), [&](char c) { return holds(set, c); });
}

bool is_token(std::string_view value) { return consists_of(token_bytes, value); }

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
    } else if (!holds(name_characters, host[i])) {
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

// Of a name and one in lower case, as long. Among the bytes of names, one bit is a letter's case.
static bool is_named(std::string_view name, std::string_view lower_case) {
  const char *a = name.data(), *b = lower_case.data();
  const std::size_t size = name.size();
  if (size < 8) {
    return std::equal(a, a + size, b, [](char x, char y) { return (x | 0x20) == y; });
  }
  const auto differ = [&](std::size_t at) {
    return (eight::load(a + at) | eight::each(0x20)) != eight::load(b + at);
  };
  for (std::size_t at = 0; at + 8 <= size; at += 8) {
    if (differ(at)) return false;
  }
  return !differ(size - 8);
}

Field field_named(std::string_view name) {
  const auto is = [&](std::string_view other, Field field) {
    return is_named(name, other) ? field : Field::other;
  };
  switch (name.size()) {
    case 2:
      return is("te", Field::te);
    case 4:
      return is("host", Field::host);
    case 6:
      return is("expect", Field::expect);
    case 7:
      return is("upgrade", Field::upgrade);
    case 10:
      return lower(name[0]) == 'c' ? is("connection", Field::connection)
                                   : is("keep-alive", Field::keep_alive);
    case 12:
      return is("max-forwards", Field::max_forwards);
    case 14:
      return is("content-length", Field::content_length);
    case 16:
      return is("proxy-connection", Field::proxy_connection);
    case 17:
      return is("transfer-encoding", Field::transfer_encoding);
    default:
      return Field::other;
  }
}

bool may_trail(std::string_view name) {
  static constexpr std::string_view never[] = {"host",
                                               "content-length",
                                               "transfer-encoding",
                                               "connection",
                                               "keep-alive",
                                               "proxy-connection",
                                               "te",
                                               "trailer",
                                               "upgrade",
                                               "expect",
                                               "max-forwards",
                                               "range",
                                               "cache-control",
                                               "pragma",
                                               "authorization",
                                               "proxy-authorization",
                                               "www-authenticate",
                                               "proxy-authenticate",
                                               "cookie",
                                               "set-cookie",
                                               "content-encoding",
                                               "content-type",
                                               "content-range",
                                               "content-location",
                                               "age",
                                               "date",
                                               "expires",
                                               "location",
                                               "retry-after",
                                               "vary",
                                               "warning",
                                               "via",
                                               "forwarded",
                                               "x-real-ip"};
  for (const std::string_view prefix : {"if-", "x-forwarded-"}) {
    if (equals_ignoring_case(name.substr(0, prefix.size()), prefix)) return false;
  }
  return std::none_of(std::begin(never), std::end(never),
                      [&](std::string_view other) { return equals_ignoring_case(name, other); });
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

bool lists(std::string_view list, std::string_view element) {
  while (const auto next = next_element(list)) {
    if (equals_ignoring_case(*next, element)) return true;
  }
  return false;
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
