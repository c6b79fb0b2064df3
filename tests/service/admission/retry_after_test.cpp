#include "service/admission/retry_after.hpp"

#include <gtest/gtest.h>

#include <set>

#include "service/admission/pace.hpp"

namespace sweetspot::admission {
namespace {

using namespace std::chrono_literals;

TEST(RetryAfter, is_when_the_queue_will_have_drained) {
  EXPECT_EQ(retry_after(1000, 100, 0), 10);
  EXPECT_EQ(retry_after(1000, 100, 1), 15);
}

TEST(RetryAfter, spreads_even_those_who_could_come_back_at_once) {
  EXPECT_EQ(retry_after(0, 100, 0), 1);
  EXPECT_EQ(retry_after(0, 100, 1), 2);
}

TEST(RetryAfter, is_a_minute_at_most) {
  EXPECT_EQ(retry_after(1, 0, 1), 60);
  EXPECT_EQ(retry_after(1, 0, 0), 40);
  EXPECT_EQ(retry_after(1'000'000, 1, 0.5), 50);
}

TEST(Spread, fills_the_unit_interval) {
  std::set<int> tenths;
  for (std::uint64_t i = 0; i < 200; ++i) {
    ASSERT_GE(spread(i), 0);
    ASSERT_LT(spread(i), 1);
    tenths.insert(static_cast<int>(spread(i) * 10));
  }
  EXPECT_EQ(tenths.size(), 10u);
}

TEST(Pace, measures_how_fast_permits_come_back) {
  Pace pace;
  TimePoint now{1h};
  for (int i = 0; i < 300; ++i) pace.released(5ms, now += 10ms);
  EXPECT_NEAR(pace.drain_rate(now), 100, 2);
  EXPECT_EQ(pace.drain_rate(now + 3s), 0);
}

TEST(Pace, learns_what_the_fast_ones_take) {
  Pace pace;
  TimePoint now{1h};
  for (int i = 0; i < 5000; ++i) pace.released(std::chrono::milliseconds(10 + i % 10), now += 1ms);
  EXPECT_GT(pace.least_time(now), 9ms);
  EXPECT_LT(pace.least_time(now), 13ms);
  EXPECT_EQ(pace.least_time(now + 2s), 0ms);
}

}  // namespace
}  // namespace sweetspot::admission
