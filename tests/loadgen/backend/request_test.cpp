#include "loadgen/backend/request.hpp"

#include <gtest/gtest.h>

namespace sweetspot::backend {
namespace {

ParsedRequest parse(std::string_view lines) {
  static std::string text;  // the views of the result point into it
  text = std::string(lines) + "\r\n";
  return parse_request(text);
}

TEST(Request, takes_the_target_apart) {
  const auto [status, request] = parse("GET /a/b?bytes=12&x=3 HTTP/1.1\r\nHost: h\r\n");
  EXPECT_EQ(status, 0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query_number("bytes"), 12u);
  EXPECT_EQ(request.query_number("x"), 3u);
  EXPECT_FALSE(request.query_number("y"));
}

TEST(Request, takes_the_absolute_form) {
  EXPECT_EQ(parse("GET http://host:80/stats HTTP/1.1\r\n").request.path, "/stats");
}

TEST(Request, keeps_the_connection_as_the_version_and_the_field_say) {
  EXPECT_TRUE(parse("GET / HTTP/1.1\r\n").request.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n").request.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nConnection: foo, Close\r\n").request.keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nconnection: keep-alive\r\n").request.keep_alive);
}

TEST(Request, knows_how_its_body_ends) {
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nContent-Length: 42\r\n").request.content_length, 42u);
  EXPECT_TRUE(parse("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n").request.chunked);
  EXPECT_TRUE(parse("POST / HTTP/1.1\r\nExpect: 100-continue\r\n").request.expects_continue);
}

TEST(Request, refuses_what_is_ambiguous_or_malformed) {
  for (const auto* head :
       {"GET / HTTP/1.1\r\nContent-Length: x\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n", "GET / HTTP/1.1\r\nname : value\r\n", "GET /\r\n",
        "GET  HTTP/1.1\r\n", "nonsense\r\n", "\r\n", "GET /a b HTTP/1.1\r\n",
        "GET / FTP/1.1\r\n"}) {
    EXPECT_EQ(parse(head).status, 400) << head;
  }
}

TEST(Request, says_what_it_does_not_implement) {
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n").status, 501);
  EXPECT_EQ(parse("GET / HTTP/2.0\r\n").status, 505);
}

}  // namespace
}  // namespace sweetspot::backend
