#include "tuner/probing.hpp"

#include <gtest/gtest.h>

namespace sweetspot::tuner {
namespace {

using Where = ExplorationBudget::Where;

using std::chrono::seconds;
const TimePoint start{};

TEST(ProbeSchedule, looks_up_first_then_down) {
  ProbeSchedule schedule;
  schedule.reset(start);
  EXPECT_TRUE(schedule.due(start + seconds(1), false).empty());
  EXPECT_TRUE(schedule.due(start + seconds(2), false).front().up);
  schedule.changed_nothing(true, start + seconds(2));
  EXPECT_FALSE(schedule.due(start + seconds(3), false).front().up);
}

TEST(ProbeSchedule, doubles_the_interval_of_a_direction_that_says_nothing) {
  ProbeSchedule schedule;
  schedule.reset(start);
  TimePoint now = start;
  for (int i = 0; i < 10; ++i) {
    schedule.changed_nothing(true, now);
    schedule.changed_nothing(false, now);
  }
  EXPECT_TRUE(schedule.due(now + seconds(7), false).empty());
  EXPECT_FALSE(schedule.due(now + seconds(8), false).front().up);
  schedule.changed_nothing(false, now + seconds(9));
  EXPECT_TRUE(schedule.due(now + seconds(16), false).front().up);
}

TEST(ProbeSchedule, hurries_upwards_while_much_is_shed) {
  ProbeSchedule schedule;
  schedule.reset(start);
  for (int i = 0; i < 10; ++i) {
    schedule.changed_nothing(true, start);
    schedule.changed_nothing(false, start);
  }
  EXPECT_TRUE(schedule.due(start + seconds(5), true).front().up);
}

TEST(ProbeSchedule, looks_up_by_half_steps_mostly_and_down_by_halves) {
  ProbeSchedule schedule;
  schedule.reset(start);
  TimePoint now = start + seconds(100);
  std::vector<bool> up, down;
  for (int i = 0; i < 16; ++i) {
    const auto probe = schedule.due(now, false).at(0);
    (probe.up ? up : down).push_back(probe.refine);
    schedule.changed_nothing(probe.up, now);
    now += seconds(100);
  }
  EXPECT_EQ(up, (std::vector<bool>{true, true, true, true, true, true, true, false}));
  EXPECT_EQ(down, (std::vector<bool>{false, false, true, false, false, true, false, false}));
}

TEST(ProbeSchedule, names_both_directions_where_both_wait_the_longer_one_first) {
  ProbeSchedule schedule;
  schedule.reset(start);
  schedule.changed_nothing(true, start + seconds(2));  // again after 4 s; downwards after 3
  const auto due = schedule.due(start + seconds(7), false);
  ASSERT_EQ(due.size(), 2u);
  EXPECT_FALSE(due.front().up);
  EXPECT_TRUE(due.back().up);
}

TEST(ProbeSchedule, takes_whole_steps_downwards_in_between_where_a_half_one_needs_many_visits) {
  ProbeSchedule schedule;
  schedule.reset(start);
  schedule.changed_nothing(false, start);
  schedule.changed_nothing(false, start);
  std::vector<bool> halves;
  for (int i = 1; i <= 6; ++i) {
    const TimePoint now = start + seconds(100 * i);
    for (const auto& probe : schedule.due(now, false))
      if (!probe.up) halves.push_back(probe.refine);
    schedule.goes_on(false, false, now);
  }
  EXPECT_EQ(halves, (std::vector<bool>{true, false, false, true, false, false}));
}

TEST(ExplorationBudget, counts_a_minute) {
  ExplorationBudget budget;
  budget.count(900, Where::held, start);
  budget.count(100, Where::above, start + seconds(1));
  EXPECT_DOUBLE_EQ(budget.share(), 0.1);
  budget.count(100, Where::held, start + seconds(62));
  EXPECT_DOUBLE_EQ(budget.share(), 0);
}

TEST(ExplorationBudget, allows_what_keeps_the_share) {
  ExplorationBudget budget;
  budget.count(1000, Where::held, start);
  EXPECT_TRUE(budget.allows(50, 0.05, Where::below));
  EXPECT_FALSE(budget.allows(51, 0.05, Where::below));
  budget.count(60, Where::above, start + seconds(1));
  EXPECT_FALSE(budget.allows(0, 0.05, Where::below));
}

TEST(ExplorationBudget, keeps_a_part_for_each_direction) {
  ExplorationBudget budget;
  budget.count(10'000, Where::held, start);
  budget.count(310, Where::above, start + seconds(1));
  budget.count(1, Where::held, start + seconds(2));
  EXPECT_FALSE(budget.allows(1, 0.05, Where::above));
  EXPECT_TRUE(budget.allows(100, 0.05, Where::below));
}

TEST(ExplorationBudget, lets_who_overtakes_leave_enough_for_who_waits) {
  ExplorationBudget budget;
  budget.count(10'000, Where::held, start);
  EXPECT_TRUE(budget.allows(300, 0.05, Where::below));
  EXPECT_TRUE(budget.allows(200, 0.05, Where::below, true));
  EXPECT_FALSE(budget.allows(201, 0.05, Where::below, true));
}

TEST(ExplorationBudget, ends_a_probe_that_serves_more_than_was_earned) {
  ExplorationBudget budget;
  for (int i = 0; i < 1500; ++i) budget.count(1, Where::held, start + seconds(i));
  budget.count(70, Where::above, start + seconds(1500));
  EXPECT_TRUE(budget.allows(5, 0.05, Where::below));
  EXPECT_FALSE(budget.allows(6, 0.05, Where::below));
}

TEST(ExplorationBudget, lets_few_requests_earn_a_probe_over_minutes) {
  ExplorationBudget budget;
  for (int i = 0; i < 1500; ++i) budget.count(1, Where::held, start + seconds(i));
  EXPECT_TRUE(budget.allows(75, 0.05, Where::below));
  EXPECT_FALSE(budget.allows(76, 0.05, Where::below));
}

TEST(ExplorationBudget, earns_a_dear_probe_though_cheap_ones_overtake_it) {
  ExplorationBudget budget;
  for (int i = 0; i < 3000; ++i) {
    budget.count(1, Where::held, start + seconds(i));
    if (i % 1000 == 999) budget.count(20, Where::below, start + seconds(i), true);
  }
  EXPECT_TRUE(budget.allows(90, 0.05, Where::above));
  EXPECT_FALSE(budget.allows(91, 0.05, Where::above));
}

}  // namespace
}  // namespace sweetspot::tuner
