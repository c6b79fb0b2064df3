#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sweetspot::proxy {

// The bytes of which parts of a message consist, and fast ways past them.
using ByteSet = std::array<bool, 256>;

constexpr bool holds(const ByteSet& set, char c) { return set[static_cast<unsigned char>(c)]; }

// Letters, digits, and `others`.
constexpr ByteSet alphanumeric_and(std::string_view others) {
  ByteSet set{};
  for (const std::string_view range : {"09", "AZ", "az"}) {
    for (char c = range[0]; c <= range[1]; ++c) set[static_cast<unsigned char>(c)] = true;
  }
  for (const char c : others) set[static_cast<unsigned char>(c)] = true;
  return set;
}
inline constexpr ByteSet token_bytes =
    alphanumeric_and("!#$%&'*+-.^_`|~");  // RFC 9110, section 5.6.2

// Of a field's value (RFC 9110, section 5.5): visible, blank, or beyond ASCII.
constexpr bool is_value_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

// Of a target: visible ASCII. RFC 3986 allows fewer; those beyond are common, and harmless here.
constexpr bool is_target_byte(char c) { return c > 0x20 && c < 0x7f; }

// Eight bytes at a time, the first one lowest.
namespace eight {

constexpr std::uint64_t each(std::uint8_t byte) { return std::uint64_t{0x0101010101010101} * byte; }

inline std::uint64_t load(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// Marks the first byte that is below `bound`, which is at most 0x80, or is `byte`; what is marked
// behind it means nothing.
constexpr std::uint64_t below(std::uint64_t word, std::uint8_t bound) {
  return (word - each(bound)) & ~word & each(0x80);
}
constexpr std::uint64_t equal(std::uint64_t word, std::uint8_t byte) {
  return below(word ^ each(byte), 1);
}

inline int first(std::uint64_t marks) { return std::countr_zero(marks) / 8; }

}  // namespace eight

// The first byte from `at` on that does not belong there, or `end`.
inline const char* skip_token(const char* at, const char* end) {
  while (at != end && holds(token_bytes, *at)) ++at;
  return at;
}
inline const char* skip_value(const char* at, const char* end) {
  while (end - at >= 8) {
    const std::uint64_t word = eight::load(at);
    const std::uint64_t marks = eight::below(word, 0x20) | eight::equal(word, 0x7f);
    if (marks == 0) {
      at += 8;
    } else if (at += eight::first(marks); is_value_byte(*at)) {
      ++at;  // a tab
    } else {
      return at;
    }
  }
  while (at != end && is_value_byte(*at)) ++at;
  return at;
}
inline const char* skip_target(const char* at, const char* end) {
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = eight::load(at);
    const std::uint64_t marks =
        eight::below(word, 0x21) | eight::equal(word, 0x7f) | (word & eight::each(0x80));
    if (marks != 0) return at + eight::first(marks);
  }
  while (at != end && is_target_byte(*at)) ++at;
  return at;
}

}  // namespace sweetspot::proxy
