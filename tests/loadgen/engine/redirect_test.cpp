#include "loadgen/engine/redirect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/engine/retry_after.hpp"

namespace sweetspot::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Call call(const std::string& method, const std::string& body = {}) {
  Call call;
  call.url = *parse_url("http://h/a/b");
  call.parts = {.method = method, .headers = {"Authorization: Basic x", "X-Own: y"}, .body = body};
  call.messages = {*make_request(call.url, call.parts)};
  return call;
}

std::optional<Call> followed(const Call& from, int status, const char* location) {
  return follow(from, from.messages.front(), status, location);
}

TEST(Redirect, repeats_the_request_where_it_leads) {
  const auto next = followed(call("GET"), 302, "/c");
  ASSERT_TRUE(next);
  EXPECT_THAT(next->messages.front(), StartsWith("GET /c HTTP/1.1\r\nHost: h\r\n"));
  EXPECT_THAT(next->messages.front(), HasSubstr("Authorization: Basic x"));
}

TEST(Redirect, turns_a_post_into_a_get_or_keeps_it) {
  const Call post = call("POST", "body");
  for (const int status : {301, 302, 303}) {
    EXPECT_THAT(followed(post, status, "/c")->messages.front(), StartsWith("GET /c ")) << status;
    EXPECT_THAT(followed(post, status, "/c")->messages.front(), EndsWith("\r\n\r\n"));
  }
  for (const int status : {307, 308}) {
    EXPECT_THAT(followed(post, status, "/c")->messages.front(), StartsWith("POST /c ")) << status;
    EXPECT_THAT(followed(post, status, "/c")->messages.front(), EndsWith("\r\n\r\nbody"));
  }
  EXPECT_TRUE(followed(call("HEAD"), 303, "/c")->head_only);
}

TEST(Redirect, keeps_credentials_from_another_server) {
  const auto next = followed(call("GET"), 301, "http://other/c");
  ASSERT_TRUE(next);
  EXPECT_THAT(next->messages.front(), HasSubstr("Host: other\r\n"));
  EXPECT_THAT(next->messages.front(), HasSubstr("X-Own: y"));
  EXPECT_THAT(next->messages.front(), Not(HasSubstr("Authorization")));
}

TEST(Redirect, is_none_where_it_leads_nowhere) {
  EXPECT_FALSE(followed(call("GET"), 304, "/c"));
  EXPECT_FALSE(followed(call("GET"), 300, "/c"));
  EXPECT_FALSE(followed(call("GET"), 302, ""));
  EXPECT_FALSE(followed(call("GET"), 302, "ftp://h/"));
}

TEST(RetryAfter, is_a_number_of_seconds_or_a_date) {
  constexpr long now = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_EQ(retry_delay("7", now), 7s);
  EXPECT_EQ(retry_delay("Sun, 06 Nov 1994 08:49:40 GMT", now), 3s);
  EXPECT_EQ(retry_delay("Sun, 06 Nov 1994 08:49:30 GMT", now), 0s);
  for (const auto* text : {"", "-5", "soon", "1.5"}) EXPECT_EQ(retry_delay(text, now), 0s) << text;
}

}  // namespace
}  // namespace sweetspot::engine
