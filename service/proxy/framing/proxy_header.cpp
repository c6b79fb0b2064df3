#include "service/proxy/framing/proxy_header.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sweetspot::proxy {

namespace {

constexpr std::string_view line_begins = "PROXY ";
constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t longest_line = 107;
constexpr std::size_t fixed_part = 16, longest_rest = 4096;  // of version 2

std::size_t byte(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool may_begin(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with.substr(0, text.size());
}

std::string shown(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, address, text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace

ProxyHeader::Read ProxyHeader::read_from(int socket) {
  std::array<char, 1024> seen;
  for (;;) {
    const ssize_t got = ::recv(socket, seen.data(), seen.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) return Read::failed;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN ? Read::more : Read::failed;
    std::string_view bytes(seen.data(), static_cast<std::size_t>(got));
    const Read read = take_from(bytes);
    const auto taken = static_cast<std::size_t>(got) - bytes.size();
    if (taken > 0 && ::recv(socket, seen.data(), taken, MSG_DONTWAIT) < 0) return Read::failed;
    if (read != Read::more) return read;
  }
}

ProxyHeader::Read ProxyHeader::take_from(std::string_view& bytes) {
  for (;;) {
    const std::size_t count = missing(bytes);
    if (count == none) return Read::failed;
    const bool is_here = count <= bytes.size();
    const std::size_t taken = std::min(count, bytes.size());
    text_ += bytes.substr(0, taken);
    bytes.remove_prefix(taken);
    if (!is_here) return Read::more;
    if (missing({}) == 0) return parse() ? Read::complete : Read::failed;
  }
}

// How many bytes the header has still, as far as can be told; none where it is no header.
std::size_t ProxyHeader::missing(std::string_view bytes) const {
  std::string all = text_ + std::string(bytes.substr(0, longest_line));
  if (may_begin(all, line_begins)) {
    const std::size_t end = all.find("\r\n");
    if (end != std::string::npos && end + 2 <= longest_line) return end + 2 - text_.size();
    return all.size() < longest_line ? bytes.size() + 1 : none;
  }
  if (!may_begin(all, signature)) return none;
  if (text_.size() < fixed_part) return fixed_part - text_.size();
  const std::size_t rest = byte(text_, 14) << 8 | byte(text_, 15);
  return rest <= longest_rest ? fixed_part + rest - text_.size() : none;
}

bool ProxyHeader::parse() { return text_.starts_with(line_begins) ? parse_v1() : parse_v2(); }

bool ProxyHeader::parse_v1() {
  std::string_view rest(text_);
  rest.remove_prefix(line_begins.size());
  rest.remove_suffix(2);
  const auto next = [&rest] {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string word(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return word;
  };
  const std::string family = next();
  if (family == "UNKNOWN") return true;
  if (family != "TCP4" && family != "TCP6") return false;
  std::array<unsigned char, 16> address;
  source_ = next();
  return ::inet_pton(family == "TCP4" ? AF_INET : AF_INET6, source_.c_str(), address.data()) == 1;
}

bool ProxyHeader::parse_v2() {
  if (byte(text_, 12) >> 4 != 2) return false;
  const std::size_t command = byte(text_, 12) & 0xf;
  if (command == 0) return true;  // LOCAL: a health check of its own
  if (command != 1) return false;
  const std::size_t rest = text_.size() - fixed_part;
  switch (byte(text_, 13)) {
    case 0x11:
      if (rest < 12) return false;
      source_ = shown(AF_INET, &text_[fixed_part]);
      return true;
    case 0x21:
      if (rest < 36) return false;
      source_ = shown(AF_INET6, &text_[fixed_part]);
      return true;
    default:
      return true;  // an address that we have no words for
  }
}

}  // namespace sweetspot::proxy
