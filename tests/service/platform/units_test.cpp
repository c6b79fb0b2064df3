#include "service/platform/units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::platform {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Units, reads_durations_in_every_unit) {
  EXPECT_EQ(*parse_duration("7ns"), 7ns);
  EXPECT_EQ(*parse_duration("20us"), 20us);
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("5s"), 5s);
  EXPECT_EQ(*parse_duration("2m"), 2min);
  EXPECT_EQ(*parse_duration("1h"), 1h);
}

TEST(Units, reads_fractions_and_a_bare_zero) {
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("0"), 0ns);
}

TEST(Units, refuses_what_is_no_duration) {
  for (const auto* text : {"", "5", "s", "-5s", "5 s", "5S", "5sx", "1e3s", "nan", "inf", "+1s",
                           ".5s", "9999999999999h"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Units, says_what_was_found_and_what_is_allowed) {
  EXPECT_THAT(parse_duration("5 parsecs").error, HasSubstr("\"5 parsecs\""));
  EXPECT_THAT(parse_duration("5 parsecs").error, HasSubstr("ms"));
  EXPECT_THAT(parse_size("64KB").error, HasSubstr("KiB"));
}

TEST(Units, reads_sizes) {
  EXPECT_EQ(*parse_size("4096"), 4096u);
  EXPECT_EQ(*parse_size("1B"), 1u);
  EXPECT_EQ(*parse_size("64KiB"), 64u * 1024);
  EXPECT_EQ(*parse_size("10MiB"), 10u * 1024 * 1024);
  EXPECT_EQ(*parse_size("1.5GiB"), 3u * 512 * 1024 * 1024);
}

TEST(Units, refuses_what_is_no_size) {
  for (const auto* text : {"", "KiB", "-1", "1KB", "1kib", "1 KiB", "0x10"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Units, reads_endpoints) {
  EXPECT_EQ(*parse_endpoint("127.0.0.1:8080"), (Endpoint{"127.0.0.1", 8080}));
  EXPECT_EQ(*parse_endpoint("localhost:0"), (Endpoint{"localhost", 0}));
  EXPECT_EQ(*parse_endpoint("[::1]:65535"), (Endpoint{"::1", 65535}));
}

TEST(Units, refuses_what_is_no_endpoint) {
  for (const auto* text : {"", "8080", ":8080", "host", "host:", "host:65536", "host:-1", "host:8x",
                           "::1:80", "a b:80", "http://host:80", "[]:80"}) {
    EXPECT_FALSE(parse_endpoint(text)) << text;
  }
}

TEST(Units, formats_what_it_reads) {
  for (const auto* text : {"7ns", "1500ms", "2s", "90s", "2m", "1h", "0s"}) {
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  }
  for (const auto* text : {"127.0.0.1:80", "[::1]:80"}) {
    EXPECT_EQ(format_endpoint(*parse_endpoint(text)), text);
  }
}

}  // namespace
}  // namespace sweetspot::platform
