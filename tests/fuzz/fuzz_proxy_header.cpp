// Any bytes as a header of the PROXY protocol: it is taken, refused or not yet whole, with a source
// that is an address; where the bytes were cut does not matter, nor does what comes after them.

#include <arpa/inet.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "service/proxy/framing/proxy_header.hpp"

namespace {

using sweetspot::proxy::ProxyHeader;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_address(const std::string& text) {
  std::array<unsigned char, 16> address;
  return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

// What is read of `bytes` when they come in parts of one size; `left`: how many were not taken.
ProxyHeader::Read read(ProxyHeader& header, std::string_view bytes, std::size_t part,
                       std::size_t& left) {
  auto read = ProxyHeader::Read::more;
  std::string waiting;
  while (read == ProxyHeader::Read::more && !bytes.empty()) {
    waiting += bytes.substr(0, part);
    bytes.remove_prefix(std::min(part, bytes.size()));
    std::string_view there(waiting);
    read = header.take_from(there);
    waiting = there;
  }
  left = waiting.size() + bytes.size();
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ProxyHeader whole, parts;
  std::size_t left = 0, left_of_parts = 0;
  const auto one = read(whole, bytes, size + 1, left);
  const auto other = read(parts, bytes, size == 0 ? 1 : 1 + data[size - 1] % 7, left_of_parts);
  require(one == other);
  if (one != ProxyHeader::Read::complete) return 0;
  require(left == left_of_parts);
  require(whole.source() == parts.source());
  require(whole.source().empty() || is_address(whole.source()));
  return 0;
}
