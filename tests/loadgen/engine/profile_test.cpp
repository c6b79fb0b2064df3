#include "loadgen/engine/profile.hpp"

#include <gtest/gtest.h>

namespace sweetspot::engine {
namespace {

using namespace std::chrono_literals;

TEST(Profile, is_the_same_for_ever_where_it_is_a_number) {
  Profile profile = 4;
  EXPECT_EQ(profile.at(0s), 4);
  EXPECT_EQ(profile.at(1h), 4);
  EXPECT_EQ(profile.time_of(8), 2s);
}

TEST(Profile, goes_in_straight_lines_and_stays_at_its_end) {
  const Profile profile({{10s, 0, 100}, {10s, 100, 100}, {10s, 100, 50}});
  EXPECT_EQ(profile.at(5s), 50);
  EXPECT_EQ(profile.at(15s), 100);
  EXPECT_EQ(profile.at(25s), 75);
  EXPECT_EQ(profile.at(1h), 50);
  EXPECT_EQ(profile.most(), 100);
  EXPECT_EQ(profile.length(), 30s);
  EXPECT_EQ((profile * 0.5).at(5s), 25);
}

TEST(Profile, never_reaches_what_a_rate_of_nothing_does_not_bring) {
  Profile profile({{2s, 1, 0}});
  EXPECT_LT(profile.time_of(0.9), 2s);
  EXPECT_EQ(profile.time_of(1.5), Duration::max());
}

TEST(Profile, passes_over_a_pause) {
  Profile profile({{1s, 10, 10}, {5s, 0, 0}, {1s, 10, 10}});
  EXPECT_EQ(profile.time_of(9), 900ms);
  EXPECT_EQ(profile.time_of(11), 6100ms);
}

}  // namespace
}  // namespace sweetspot::engine
