#include "loadgen/engine/arrivals.hpp"

#include <gtest/gtest.h>

namespace sweetspot::engine {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{100s};

TEST(Arrivals, of_a_closed_loop_are_due_whenever_somebody_asks) {
  auto arrivals = Arrivals::closed(2);
  EXPECT_EQ(arrivals.take(start), start);
  EXPECT_EQ(arrivals.take(start + 5s), start + 5s);
  EXPECT_TRUE(arrivals.exhausted());
  EXPECT_FALSE(arrivals.take(start + 6s));
}

TEST(Arrivals, of_a_closed_loop_never_end_without_a_number) {
  auto arrivals = Arrivals::closed({});
  EXPECT_TRUE(arrivals.take(start));
  EXPECT_FALSE(arrivals.exhausted());
}

TEST(Arrivals, of_an_open_loop_keep_their_intended_times_when_taken_late) {
  auto arrivals = Arrivals::uniform(10, start, {});
  EXPECT_EQ(arrivals.take(start + 1s), start);
  EXPECT_EQ(arrivals.take(start + 1s), start + 100ms);
  EXPECT_EQ(arrivals.next(), start + 200ms);
}

TEST(Arrivals, of_an_open_loop_are_not_given_out_early) {
  auto arrivals = Arrivals::uniform(10, start, {});
  EXPECT_FALSE(arrivals.take(start - 1ns));
  EXPECT_TRUE(arrivals.take(start));
  EXPECT_FALSE(arrivals.take(start + 99ms));
}

TEST(Arrivals, do_not_drift) {
  auto arrivals = Arrivals::uniform(3, start, {});
  for (int i = 0; i < 3'000'000; ++i) ASSERT_TRUE(arrivals.take(start + 1'000'001s));
  EXPECT_EQ(arrivals.next(), start + 1'000'000s);
}

TEST(Arrivals, count_those_that_are_overdue) {
  auto arrivals = Arrivals::uniform(10, start, 15);
  EXPECT_EQ(arrivals.overdue(start - 1s), 0u);
  EXPECT_EQ(arrivals.overdue(start + 950ms), 10u);
  arrivals.take(start + 1s);
  EXPECT_EQ(arrivals.overdue(start + 950ms), 9u);
  EXPECT_EQ(arrivals.overdue(start + 1h), 14u);
}

}  // namespace
}  // namespace sweetspot::engine
