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

TEST(Url, of_https_has_a_port_of_its_own) {
  const auto url = parse_url("https://host/");
  EXPECT_TRUE((*url).is_secure);
  EXPECT_EQ((*url).server, (platform::Endpoint{"host", 443}));
}

TEST(Url, resolves_a_reference_beside_its_base) {
  const auto base = *parse_url("http://h:81/a/b?c");
  const auto resolved = [&base](const char* reference) {
    const auto url = resolve_url(base, reference);
    return url ? ((*url).is_secure ? "https://" : "http://") + (*url).authority + (*url).target
               : "none";
  };
  EXPECT_EQ(resolved("/x?y"), "http://h:81/x?y");
  EXPECT_EQ(resolved("x"), "http://h:81/a/x");
  EXPECT_EQ(resolved("../x"), "http://h:81/x");
  EXPECT_EQ(resolved("./x/../../y"), "http://h:81/y");
  EXPECT_EQ(resolved("/../../x"), "http://h:81/x");
  EXPECT_EQ(resolved("/x/.."), "http://h:81/");
  EXPECT_EQ(resolved("?z"), "http://h:81/a/b?z");
  EXPECT_EQ(resolved("//other/x"), "http://other/x");
  EXPECT_EQ(resolved("https://other"), "https://other/");
  EXPECT_EQ(resolved("/x?at=10:30"), "http://h:81/x?at=10:30");
  EXPECT_EQ(resolved("mailto:x@y"), "none");
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
