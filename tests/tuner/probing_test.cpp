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
  EXPECT_FALSE(schedule.due(start + seconds(1), false));
  EXPECT_TRUE(schedule.due(start + seconds(2), false)->up);
  schedule.changed_nothing(true, start + seconds(2));
  EXPECT_FALSE(schedule.due(start + seconds(3), false)->up);
}

TEST(ProbeSchedule, doubles_the_interval_of_a_direction_that_says_nothing) {
  ProbeSchedule schedule;
  schedule.reset(start);
  TimePoint now = start;
  for (int i = 0; i < 10; ++i) {
    schedule.changed_nothing(true, now);
    schedule.changed_nothing(false, now);
  }
  EXPECT_FALSE(schedule.due(now + seconds(7), false));
  EXPECT_FALSE(schedule.due(now + seconds(8), false)->up);
  schedule.changed_nothing(false, now + seconds(9));
  EXPECT_TRUE(schedule.due(now + seconds(16), false)->up);
}

TEST(ProbeSchedule, hurries_upwards_while_much_is_shed) {
  ProbeSchedule schedule;
  schedule.reset(start);
  for (int i = 0; i < 10; ++i) {
    schedule.changed_nothing(true, start);
    schedule.changed_nothing(false, start);
  }
  EXPECT_TRUE(schedule.due(start + seconds(5), true)->up);
}

TEST(ProbeSchedule, looks_up_by_half_steps_mostly_and_down_by_halves) {
  ProbeSchedule schedule;
  schedule.reset(start);
  TimePoint now = start + seconds(100);
  std::vector<bool> up, down;
  for (int i = 0; i < 8; ++i) {
    const auto probe = schedule.due(now, false);
    ASSERT_TRUE(probe);
    (probe->up ? up : down).push_back(probe->refine);
    schedule.changed_nothing(probe->up, now);
    now += seconds(100);
  }
  EXPECT_EQ(up, (std::vector<bool>{true, true, true, false}));
  EXPECT_EQ(down, (std::vector<bool>{false, false, true, false}));
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

}  // namespace
}  // namespace sweetspot::tuner
