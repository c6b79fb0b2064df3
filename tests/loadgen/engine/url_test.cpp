#include "loadgen/engine/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::engine {
namespace {

using ::testing::HasSubstr;

TEST(Url, takes_host_port_and_target_apart) {
  const auto url = parse_url("http://127.0.0.1:8080/a/b?c=d#fragment");
  ASSERT_TRUE(url) << url.error;
  EXPECT_EQ((*url).server, (platform::Endpoint{"127.0.0.1", 8080}));
  EXPECT_EQ((*url).authority, "127.0.0.1:8080");
  EXPECT_EQ((*url).target, "/a/b?c=d");
}

TEST(Url, has_defaults_for_port_and_path) {
  EXPECT_EQ((*parse_url("HTTP://localhost")).server, (platform::Endpoint{"localhost", 80}));
  EXPECT_EQ((*parse_url("http://localhost")).target, "/");
  EXPECT_EQ((*parse_url("http://localhost?q=1")).target, "/?q=1");
}

TEST(Url, takes_ipv6_in_brackets) {
  EXPECT_EQ((*parse_url("http://[::1]:81/")).server, (platform::Endpoint{"::1", 81}));
  EXPECT_EQ((*parse_url("http://[::1]/")).server, (platform::Endpoint{"::1", 80}));
}

TEST(Url, says_that_tls_is_not_supported) {
  EXPECT_THAT(parse_url("https://host/").error, HasSubstr("TLS is not supported"));
}

TEST(Url, refuses_what_cannot_be_loaded) {
  for (const auto* text : {"", "host", "localhost:80/", "ftp://host/", "http://", "http://:80/",
                           "http://host:0/", "http://host:99999/", "http://h:x/", "http://u@h/",
                           "http://host/a b", "http://host/\r\nX: y"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

}  // namespace
}  // namespace sweetspot::engine
