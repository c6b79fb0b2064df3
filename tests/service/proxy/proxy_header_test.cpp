#include "service/proxy/framing/proxy_header.hpp"

#include <gtest/gtest.h>

namespace sweetspot::proxy {
namespace {

using Read = ProxyHeader::Read;

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string v2(char command, char family, const std::string& rest) {
  std::string header = signature;
  header += {command, family, static_cast<char>(rest.size() >> 8), static_cast<char>(rest.size())};
  return header + rest;
}
const std::string v4_addresses("\x0a\x01\x02\x03\x7f\0\0\x01\x1f\x90\0\x50", 12);

// What comes of `bytes` where they come in pieces of `step`; `left` is what was not taken.
Read read(ProxyHeader& header, const std::string& bytes, std::size_t step, std::string& left) {
  std::string_view ahead(bytes);
  Read result = Read::more;
  while (result == Read::more && !ahead.empty()) {
    std::string_view piece = ahead.substr(0, step);
    const std::size_t size = piece.size();
    result = header.take_from(piece);
    ahead.remove_prefix(size - piece.size());
  }
  left = ahead;
  return result;
}

void expect_source(const std::string& bytes, const std::string& source) {
  for (std::size_t step = 1; step <= bytes.size() + 5; ++step) {
    ProxyHeader header;
    std::string left;
    EXPECT_EQ(read(header, bytes + "GET /", step, left), Read::complete) << step;
    EXPECT_EQ(header.source(), source);
    EXPECT_EQ(left, "GET /") << "in pieces of " << step;
  }
}

void expect_failure(const std::string& bytes) {
  for (const std::size_t step : {std::size_t{1}, bytes.size()}) {
    ProxyHeader header;
    std::string left;
    EXPECT_EQ(read(header, bytes, step, left), Read::failed) << bytes;
  }
}

TEST(ProxyHeader, of_version_1_tells_the_client_and_takes_no_byte_more) {
  expect_source("PROXY TCP4 10.1.2.3 127.0.0.1 8080 80\r\n", "10.1.2.3");
  expect_source("PROXY TCP6 2001:db8::1 ::1 8080 80\r\n", "2001:db8::1");
}

TEST(ProxyHeader, of_version_2_tells_the_client_and_takes_no_byte_more) {
  expect_source(v2(0x21, 0x11, v4_addresses), "10.1.2.3");
  expect_source(v2(0x21, 0x11, v4_addresses + std::string("\x04\0\x01x", 4)), "10.1.2.3");
  const std::string v6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x01" +
                         std::string(16, '\0') + "\x1f\x90" + std::string("\0\x50", 2);
  expect_source(v2(0x21, 0x21, v6), "2001:db8::1");
}

TEST(ProxyHeader, names_nobody_where_the_proxy_speaks_for_itself) {
  expect_source("PROXY UNKNOWN\r\n", "");
  expect_source("PROXY UNKNOWN anything that fits\r\n", "");
  expect_source(v2(0x20, 0x00, ""), "");
  expect_source(v2(0x21, 0x00, ""), "");
}

TEST(ProxyHeader, is_refused_where_it_is_none_or_has_no_end) {
  expect_failure("GET / HTTP/1.1\r\n");
  expect_failure("PROXY TCP4 " + std::string(200, '1') + "\r\n");
  expect_failure("PROXY TCP4 10.1.2.300 127.0.0.1 8080 80\r\n");
  expect_failure("PROXY TCP5 10.1.2.3 127.0.0.1 8080 80\r\n");
  expect_failure(v2(0x11, 0x11, v4_addresses));
  expect_failure(v2(0x22, 0x11, v4_addresses));
  expect_failure(v2(0x21, 0x11, v4_addresses.substr(0, 8)));
  expect_failure(signature + std::string("\x21\x11\xff\xff", 4));
}

}  // namespace
}  // namespace sweetspot::proxy
