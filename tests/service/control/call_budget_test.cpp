#include "service/control/call_budget.hpp"

#include <gtest/gtest.h>

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;

int taken(CallBudget& budget, int asked, tuner::TimePoint now) {
  int count = 0;
  for (int i = 0; i < asked; ++i) count += budget.take(now) ? 1 : 0;
  return count;
}

TEST(CallBudget, grants_a_burst_and_then_so_many_a_second) {
  tuner::TimePoint now{1h};
  CallBudget budget(10, 5, now);
  EXPECT_EQ(taken(budget, 100, now), 5);
  EXPECT_EQ(taken(budget, 100, now + 200ms), 2);
  EXPECT_EQ(taken(budget, 100, now + 1h), 5);
}

TEST(CallBudget, is_not_upset_by_a_clock_read_late) {
  tuner::TimePoint now{1h};
  CallBudget budget(10, 1, now);
  EXPECT_TRUE(budget.take(now + 1s));
  EXPECT_FALSE(budget.take(now));
  EXPECT_FALSE(budget.take(now + 1s));
}

}  // namespace
}  // namespace sweetspot::control
