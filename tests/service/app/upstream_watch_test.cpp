#include "service/upstream_watch.hpp"

#include <gmock/gmock.h>

namespace sweetspot::service {
namespace {

using testing::HasSubstr;

struct UpstreamWatchTest : testing::Test {
  std::string logged_by_a_look() {
    testing::internal::CaptureStderr();
    seen = watch.look();
    return testing::internal::GetCapturedStderr();
  }
  UpstreamWatch::Addresses now, seen;
  observe::Log log{{}};
  UpstreamWatch watch{[this] { return now; }, log};
};

TEST_F(UpstreamWatchTest, says_once_who_is_down_and_knows_since_when) {
  now = {{.address = "a:1"}, {.address = "b:1", .problem = "Connection refused"}};
  EXPECT_THAT(logged_by_a_look(),
              HasSubstr("warning upstream_down address=b:1 problem=\"Connection refused\""));
  const auto since = seen.front().down_since_unix_ms;
  EXPECT_GT(since, 0);
  now.back().problem = "no answer within connect.timeout";
  EXPECT_EQ(logged_by_a_look(), "");
  EXPECT_EQ(seen.front().down_since_unix_ms, since);
  now.back().problem.clear();
  EXPECT_THAT(logged_by_a_look(), HasSubstr("info upstream_up address=b:1"));
  EXPECT_EQ(seen.back().down_since_unix_ms, 0);
}

TEST_F(UpstreamWatchTest, shows_those_that_are_down_first) {
  now = {
      {.address = "a:1"}, {.address = "c:1", .problem = "x"}, {.address = "b:1", .problem = "x"}};
  logged_by_a_look();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].address + seen[1].address + seen[2].address, "b:1c:1a:1");
}

TEST_F(UpstreamWatchTest, forgets_one_that_is_gone) {
  now = {{.address = "a:1", .problem = "x"}};
  logged_by_a_look();
  now = {};
  EXPECT_EQ(logged_by_a_look(), "");
  now = {{.address = "a:1"}};
  EXPECT_EQ(logged_by_a_look(), "");
}

TEST_F(UpstreamWatchTest, says_as_an_error_that_one_is_the_sidecar_itself) {
  now = {{.address = "a:1", .problem = "x", .is_self = true}, {.address = "b:1", .is_self = false}};
  EXPECT_THAT(logged_by_a_look(), HasSubstr("error upstream_is_self address=a:1"));
  EXPECT_EQ(watch.of_our_own(), "a:1");
}

}  // namespace
}  // namespace sweetspot::service
