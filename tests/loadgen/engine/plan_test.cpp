#include "loadgen/engine/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::engine {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Url url() { return {{"host", 80}, "host", "/path?x=1"}; }

std::string made(const RequestParts& parts) { return *make_request(url(), parts); }

TEST(Plan, builds_a_request) {
  const auto text = made({});
  EXPECT_THAT(text, StartsWith("GET /path?x=1 HTTP/1.1\r\nHost: host\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("Content-Length")));
}

TEST(Plan, sends_a_body_with_its_length) {
  RequestParts parts;
  parts.method = "POST";
  parts.body = std::string("a\0b", 3);
  EXPECT_THAT(made(parts), EndsWith(std::string("Content-Length: 3\r\n\r\na\0b", 24)));
}

TEST(Plan, says_that_a_post_has_no_body) {
  RequestParts parts;
  parts.method = "POST";
  EXPECT_THAT(made(parts), EndsWith("Content-Length: 0\r\n\r\n"));
}

TEST(Plan, lets_a_header_replace_a_default) {
  RequestParts parts;
  parts.headers = {"host: other", "X-A: 1"};
  EXPECT_THAT(made(parts), HasSubstr("host: other\r\nX-A: 1\r\n"));
  EXPECT_THAT(made(parts), Not(HasSubstr("Host: host")));
}

TEST(Plan, announces_the_close_without_keep_alive) {
  RequestParts parts;
  parts.keep_alive = false;
  EXPECT_THAT(made(parts), HasSubstr("Connection: close\r\n"));
}

TEST(Plan, refuses_what_would_break_the_request) {
  for (const auto* header : {"", "no colon", ": value", "A b: c", "A: b\r\nC: d", "A: b\n",
                             "Content-Length: 5", "transfer-encoding: chunked"}) {
    RequestParts parts;
    parts.headers = {header};
    EXPECT_FALSE(make_request(url(), parts)) << header;
  }
  RequestParts parts;
  parts.method = "GET /";
  EXPECT_FALSE(make_request(url(), parts));
}

}  // namespace
}  // namespace sweetspot::engine
