#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sweetspot::proxy {

// Small judgements on field values and targets, strict as RFC 9110 and 9112 have them.

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool equals_ignoring_case(std::string_view a, std::string_view b);

// The fields that are looked at on every message; names are matched ignoring case.
enum class Field {
  other,
  connection,
  content_length,
  expect,
  host,
  keep_alive,
  max_forwards,
  proxy_connection,
  te,
  transfer_encoding,
  upgrade
};
Field field_named(std::string_view name);

// Whether a trailer of that name goes on: not one that says how the message is framed, routed, read
// or whose it is (RFC 9110, section 6.5.1), for some merge trailers into the fields of the head.
bool may_trail(std::string_view name);

// The next element of a comma-separated list, taken off its front, without white space around it.
// Empty elements are passed over; none at the end.
std::optional<std::string_view> next_element(std::string_view& list);

bool lists(std::string_view list, std::string_view element);  // ignoring case

// 1*DIGIT and nothing else, up to 2^63 - 1 (RFC 9110, section 8.6).
std::optional<std::uint64_t> parse_length(std::string_view value);

// uri-host [ ":" port ], not empty (RFC 9110, section 7.2).
bool is_authority(std::string_view value);

// What a Transfer-Encoding of ours says: exactly `chunked`, or codings that we do not implement,
// or a list that does not end in one chunked (RFC 9112, section 6.3).
enum class Coding { chunked, unknown, malformed };
Coding parse_coding(std::string_view value);

// A target in absolute-form, taken apart; none where it is not one with the scheme http or https.
struct AbsoluteTarget {
  std::string_view authority, rest;  // rest: path and query, may be empty
};
std::optional<AbsoluteTarget> parse_absolute(std::string_view target);

}  // namespace sweetspot::proxy
