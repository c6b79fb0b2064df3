#include "loadgen/engine/arrivals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

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
  auto arrivals = Arrivals::open({.rate = 10, .start = start}, {});
  EXPECT_EQ(arrivals.take(start + 1s), start);
  EXPECT_EQ(arrivals.take(start + 1s), start + 100ms);
  EXPECT_EQ(arrivals.next(), start + 200ms);
}

TEST(Arrivals, of_an_open_loop_begin_when_they_are_told_to) {
  auto arrivals = Arrivals::open({.rate = 10, .turn = 0.5}, {});
  arrivals.start_at(start);
  EXPECT_FALSE(arrivals.take(start + 49ms));
  EXPECT_EQ(arrivals.take(start + 1s), start + 50ms);
}

TEST(Arrivals, of_an_open_loop_are_not_given_out_early) {
  auto arrivals = Arrivals::open({.rate = 10, .start = start}, {});
  EXPECT_FALSE(arrivals.take(start - 1ns));
  EXPECT_TRUE(arrivals.take(start));
  EXPECT_FALSE(arrivals.take(start + 99ms));
}

TEST(Arrivals, do_not_drift) {
  auto arrivals = Arrivals::open({.rate = 3, .start = start}, {});
  for (int i = 0; i < 3'000'000; ++i) ASSERT_TRUE(arrivals.take(start + 1'000'001s));
  EXPECT_EQ(arrivals.next(), start + 1'000'000s);
}

TEST(Arrivals, count_those_that_are_overdue) {
  auto arrivals = Arrivals::open({.rate = 10, .start = start}, 15);
  EXPECT_EQ(arrivals.overdue(start - 1s), 0u);
  EXPECT_EQ(arrivals.overdue(start + 950ms), 10u);
  arrivals.take(start + 1s);
  EXPECT_EQ(arrivals.overdue(start + 950ms), 9u);
  EXPECT_EQ(arrivals.overdue(start + 1h), 14u);
}

TEST(Arrivals, drop_what_is_overdue_by_more_than_the_catch_up) {
  auto arrivals = Arrivals::open({.rate = 10, .start = start, .catch_up = 300ms}, 100);
  EXPECT_EQ(arrivals.take(start + 1s), start + 700ms);
  EXPECT_EQ(arrivals.dropped(), 7u);
}

TEST(Arrivals, of_strangers_come_at_the_rate_and_in_bunches) {
  auto arrivals =
      Arrivals::open({.rate = 100, .start = start, .pattern = Pattern::poisson, .seed = 3}, {});
  std::vector<double> gaps;
  TimePoint last = *arrivals.take(start + 1h);
  for (int i = 0; i < 20'000; ++i) {
    const TimePoint next = *arrivals.take(start + 1h);
    gaps.push_back(tuner::seconds(next - last));
    last = next;
  }
  double sum = 0, squares = 0;
  for (const double gap : gaps) sum += gap, squares += gap * gap;
  const double mean = sum / 20'000;
  EXPECT_NEAR(mean, 0.01, 0.0003);
  EXPECT_NEAR(squares / 20'000 / (mean * mean), 2, 0.1);  // an exponential's CV is 1
}

TEST(Arrivals, follow_a_rate_that_rises) {
  // Over 2 s from 0 to 100 a second: 100 in all, the n-th at sqrt(n) / 5 s.
  auto arrivals =
      Arrivals::open({.rate = Profile({{2s, 0, 100}, {1s, 100, 0}}), .start = start}, {});
  for (int n = 0; n < 100; ++n) {
    const auto due = arrivals.take(start + 1h);
    ASSERT_TRUE(due);
    EXPECT_NEAR(tuner::seconds(*due - start), std::sqrt(n) / 5, 1e-6);
  }
  EXPECT_EQ(arrivals.overdue(start + 1h),
            50u);  // of the second piece; then nothing is due any more
}

TEST(Arrivals, of_several_workers_take_turns) {
  auto second = Arrivals::open({.rate = 5, .start = start, .turn = 0.5}, {});
  EXPECT_EQ(second.next(), start + 100ms);
}

}  // namespace
}  // namespace sweetspot::engine
