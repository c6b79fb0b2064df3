#include "service/observe/access_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string_view>

namespace sweetspot::observe {
namespace {

using proxy::AccessEntry;
using Text = AccessEntry::Text;

constexpr std::string_view hex = "0123456789abcdef";
constexpr std::size_t longest_escape = 6;        // \u00XX
constexpr std::size_t longest_of_our_own = 512;  // names, figures, the time

constexpr auto plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = ' '; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();
bool is_plain(char c) { return plain_bytes[static_cast<unsigned char>(c)]; }

// Whether all of eight characters are plain, told at once: a byte's high bit is set where the byte
// is beyond ASCII, below a space, DEL, a quote or a backslash. (What one byte borrows from its
// neighbour can only add a false alarm to a true one.)
bool are_plain(std::uint64_t eight) {
  constexpr std::uint64_t each = 0x0101010101010101, high = 0x80 * each;
  const auto equals = [eight](unsigned char c) {
    const std::uint64_t same = eight ^ (c * each);
    return (same - each) & ~same;
  };
  const std::uint64_t below_space = (eight - ' ' * each) & ~eight;
  return ((eight | (eight + each) | below_space | equals('"') | equals('\\')) & high) == 0;
}

// Writes at the end of a text that has been given room enough beforehand: a line is made without
// a check or an allocation a field.
class Writer {
 public:
  Writer(std::string& line, std::size_t foreign) : line_(line), at_(room_behind(line, foreign)) {}
  ~Writer() { line_.resize(static_cast<std::size_t>(at_ - line_.data())); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <std::size_t size>
  Writer& operator<<(const char (&literal)[size]) {
    std::memcpy(at_, literal, size - 1);
    at_ += size - 1;
    return *this;
  }
  Writer& operator<<(std::string_view ours) {
    at_ = std::copy(ours.begin(), ours.end(), at_);  // it may be of nothing, which memcpy may not
    return *this;
  }
  Writer& operator<<(std::int64_t number) {
    at_ = std::to_chars(at_, at_ + 24, number).ptr;
    return *this;
  }
  // Milliseconds with three decimals.
  Writer& operator<<(tuner::Duration duration) {
    using std::chrono::microseconds;
    const auto us =
        std::max<std::int64_t>(0, std::chrono::duration_cast<microseconds>(duration).count());
    *this << us / 1000;
    *at_++ = '.';
    return three_digits(us % 1000);
  }
  Writer& three_digits(std::int64_t number) {
    at_[0] = static_cast<char>('0' + number / 100);
    at_[1] = static_cast<char>('0' + number / 10 % 10);
    at_[2] = static_cast<char>('0' + number % 10);
    at_ += 3;
    return *this;
  }
  // What a client sent. A byte that is not plain becomes `prefix` and its two digits.
  Writer& foreign(std::string_view text, std::string_view prefix) {
    const char* from = text.data();
    const char* const end = from + text.size();
    char* to = at_;  // a local one, for any char that is written might be part of a member
    for (std::uint64_t eight; end - from >= 8; from += 8, to += 8) {
      std::memcpy(&eight, from, 8);
      if (!are_plain(eight)) break;
      std::memcpy(to, &eight, 8);
    }
    for (; from != end; ++from) {
      if (is_plain(*from))
        *to++ = *from;
      else
        to = escape(to, static_cast<unsigned char>(*from), prefix);
    }
    at_ = to;
    return *this;
  }

 private:
  static char* room_behind(std::string& line, std::size_t foreign) {
    const std::size_t size = line.size();
    line.resize(size + longest_of_our_own + longest_escape * foreign);
    return line.data() + size;
  }
  static char* escape(char* to, unsigned char byte, std::string_view prefix) {
    std::memcpy(to, prefix.data(), prefix.size());
    to += prefix.size();
    *to++ = hex[byte >> 4];
    *to++ = hex[byte & 15];
    return to;
  }

  std::string& line_;
  char* at_;
};

// The calendar is asked once a second of time, not once a line.
std::string_view time_text(std::int64_t unix_ms, const char* format) {
  struct Cached {
    std::time_t second = -1;
    const char* format = nullptr;
    std::array<char, 40> text{};
    std::size_t size = 0;
  };
  thread_local Cached cached;
  const std::time_t second = unix_ms / 1000;
  if (second != cached.second || format != cached.format) {
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    cached.size = std::strftime(cached.text.data(), cached.text.size(), format, &parts);
    cached.second = second;
    cached.format = format;
  }
  return {cached.text.data(), cached.size};
}

constexpr const char* iso_format = "%Y-%m-%dT%H:%M:%S";
constexpr const char* combined_format = "%d/%b/%Y:%H:%M:%S +0000";

constexpr std::string_view json_prefix = "\\u00", combined_prefix = "\\x";

std::string_view or_dash(std::string_view text) { return text.empty() ? "-" : text; }

}  // namespace

void append_json(std::string& line, const AccessEntry& entry, std::int64_t unix_ms) {
  Writer to(line, entry.used + entry.cls.size());
  const auto foreign = [&](Text text) { to.foreign(entry.text(text), json_prefix); };
  to << "{\"time\":\"" << time_text(unix_ms, iso_format) << ".";
  to.three_digits(unix_ms % 1000) << "Z\",\"status\":" << std::int64_t{entry.status};
  to << ",\"ending\":\"" << entry.ending << "\",\"class\":\"";
  to.foreign(entry.cls, json_prefix) << "\",\"peer\":\"";
  foreign(Text::peer);
  to << "\",\"method\":\"";
  foreign(Text::method);
  to << "\",\"target\":\"";
  foreign(Text::target);
  to << "\",\"host\":\"";
  foreign(Text::host);
  to << "\",\"user_agent\":\"";
  foreign(Text::user_agent);
  to << "\",\"referer\":\"";
  foreign(Text::referer);
  to << "\",\"traceparent\":\"";
  foreign(Text::traceparent);
  to << "\",\"upstream\":\"";
  foreign(Text::upstream);
  to << "\",\"queue_ms\":" << entry.queue_wait << ",\"backend_ms\":" << entry.backend
     << ",\"total_ms\":" << entry.total;
  if (entry.is_slow)
    to << ",\"slow\":true}\n";
  else
    to << ",\"slow\":false}\n";
}

void append_combined(std::string& line, const AccessEntry& entry, std::int64_t unix_ms) {
  Writer to(line, entry.used);
  const auto foreign = [&](Text text) -> Writer& {
    return to.foreign(entry.text(text), combined_prefix);
  };
  to.foreign(or_dash(entry.text(Text::peer)), combined_prefix);
  to << " - - [" << time_text(unix_ms, combined_format) << "] \"";
  if (entry.text(Text::method).empty()) {
    to << "-\" ";  // it could not be read
  } else {
    foreign(Text::method) << " ";
    foreign(Text::target) << " HTTP/1.1\" ";
  }
  if (entry.status == 0)
    to << "000";
  else
    to << std::int64_t{entry.status};
  to << " - \"";
  to.foreign(or_dash(entry.text(Text::referer)), combined_prefix) << "\" \"";
  to.foreign(or_dash(entry.text(Text::user_agent)), combined_prefix) << "\" ";
  to << entry.queue_wait << " " << entry.backend << " " << entry.total << "\n";
}

}  // namespace sweetspot::observe
