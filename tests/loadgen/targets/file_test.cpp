#include "loadgen/targets/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "loadgen/targets/plan.hpp"

namespace sweetspot::loadgen {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Targets : public ::testing::Test {
 protected:
  ~Targets() override { ::unlink(file_.c_str()); }

  const std::string& holding(const std::string& text) {
    std::ofstream(file_) << text;
    return file_;
  }

 private:
  std::string file_ = ::testing::TempDir() + "sweetspot-targets-" + std::to_string(getpid());
};

TEST_F(Targets, are_words_or_json) {
  const auto targets = read_targets(
      holding("# a comment\r\n\nhttp://h/a\nPUT /b\n2.5 GET /c\r\n"
              R"({"url": "/d", "weight": 3, "method": "POST", "headers": ["A: b"], "body": "x"})"));
  ASSERT_TRUE(targets) << targets.error;
  ASSERT_EQ((*targets).size(), 4u);
  EXPECT_EQ((*targets)[0].url, "http://h/a");
  EXPECT_EQ((*targets)[1].method, "PUT");
  EXPECT_EQ((*targets)[2].weight, 2.5);
  EXPECT_EQ((*targets)[3].headers, std::vector<std::string>{"A: b"});
  EXPECT_EQ((*targets)[3].body, "x");
}

TEST_F(Targets, are_not_on_lines_of_blanks_of_any_kind) {
  const auto targets = read_targets(holding(" \t\r\n\v\n\f \n\r\r\n/a\n"));
  ASSERT_TRUE(targets) << targets.error;
  EXPECT_EQ((*targets).size(), 1u);
}

TEST_F(Targets, take_what_they_leave_open_from_the_flags) {
  Target target;
  target.url = "https://h:8443/base/";
  target.targets_file =
      holding("a\n{\"url\": \"/b\", \"headers\": [\"X-Own: mine\"]}\nhttp://other/\n");
  target.headers = {"x-own: common", "Y: z"};
  target.bearer = "abc";
  const auto plan = make_plan(target);
  ASSERT_TRUE(plan) << plan.error;
  ASSERT_EQ((*plan).calls.size(), 3u);
  EXPECT_EQ((*plan).servers.size(), 2u);  // h:8443 and other
  EXPECT_THAT((*plan).calls[0].messages.front(),
              StartsWith("GET /base/a HTTP/1.1\r\nHost: h:8443\r\n"));
  EXPECT_THAT((*plan).calls[0].messages.front(),
              HasSubstr("x-own: common\r\nY: z\r\nAuthorization: Bearer abc\r\n"));
  EXPECT_THAT((*plan).calls[1].messages.front(), HasSubstr("X-Own: mine\r\nY: z\r\n"));
  EXPECT_TRUE((*plan).servers[0].is_secure);
  EXPECT_EQ((*plan).servers[0].tls_name, "h");
}

TEST_F(Targets, go_where_the_flags_say) {
  Target target;
  target.url = "https://shop.example/";
  target.connect_to = platform::Endpoint{"127.0.0.1", 9};
  const auto plan = make_plan(target);
  ASSERT_TRUE(plan) << plan.error;
  EXPECT_EQ((*plan).servers[0].endpoint, (platform::Endpoint{"127.0.0.1", 9}));
  EXPECT_EQ((*plan).servers[0].tls_name, "shop.example");
}

}  // namespace
}  // namespace sweetspot::loadgen
