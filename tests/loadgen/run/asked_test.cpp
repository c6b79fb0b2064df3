#include "loadgen/run/asked.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "loadgen/targets/plan.hpp"

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::map<std::string, std::string> asked(const RunOptions& options) {
  const auto plan = make_plan(options.target);
  EXPECT_TRUE(plan) << plan.error;
  const Asked asked = asked_of(options, *plan);
  return {asked.begin(), asked.end()};
}

std::map<std::string, std::string> asked(const Target& target) {
  return asked(RunOptions{.target = target});
}

TEST(Asked, tells_the_load_in_words) {
  auto words = asked(RunOptions{.target = {.url = "http://h/"}, .connections = 7, .rate = 100});
  EXPECT_EQ(words["connections"], "7");
  EXPECT_EQ(words["rate"], "100/s");
  EXPECT_EQ(words["arrivals"], "uniform");
  EXPECT_EQ(words["catch_up"], "20s");
  EXPECT_EQ(words["duration"], "10s");
  EXPECT_EQ(words["method"], "GET");
  EXPECT_EQ(words["body"], "none");
  words = asked(RunOptions{.target = {.url = "http://h/", .body = "four"},
                           .requests = 9,
                           .stages = {{10s, 5}, {0s, 20}}});
  EXPECT_EQ(words["rate"], "none");
  EXPECT_EQ(words["requests"], "9");
  EXPECT_EQ(words["stages"], "10s to 5, 0s to 20");
  EXPECT_EQ(words["method"], "POST");
  EXPECT_EQ(words["body"], "4 bytes");
}

TEST(Asked, tells_contents_apart_where_its_words_do_not) {
  const auto content = [](const Target& target) { return asked(target)["content"]; };
  const std::string one = content({.url = "http://h/a", .body = "four"});
  EXPECT_EQ(one, content({.url = "http://h/a", .body = "four"}));
  EXPECT_NE(one, content({.url = "http://h/a", .body = "five"}));
  EXPECT_NE(one, content({.url = "http://h/b", .body = "four"}));
  EXPECT_NE(one, content({.url = "http://h/a", .headers = {"Accept: a/b"}, .body = "four"}));
}

TEST(Asked, of_another_host_and_other_credentials_has_the_same_content) {
  const auto content = [](const Target& target) { return asked(target)["content"]; };
  const Target one{.url = "http://h/a", .headers = {"cookie: 1"}, .bearer = "secret"};
  const Target other{.url = "http://i:81/a", .headers = {"Cookie: 2"}, .bearer = "other"};
  EXPECT_EQ(content(one), content(other));
}

TEST(Asked, shows_no_value_of_a_header) {
  auto all = asked(Target{.url = "http://h/", .headers = {"X-Key: hidden"}, .basic = "me:hidden"});
  for (const auto& [name, words] : all) EXPECT_THAT(words, Not(HasSubstr("hidden"))) << name;
  EXPECT_EQ(all["headers"], "X-Key, Authorization");
}

}  // namespace
}  // namespace sweetspot::loadgen
