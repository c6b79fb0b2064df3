#include "service/control/api/call_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

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

TEST(CallBudget, grants_no_more_to_many_threads) {
  const tuner::TimePoint now{1h};
  CallBudget budget(10, 1000, now);
  std::atomic<int> granted{0};
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) callers.emplace_back([&] { granted += taken(budget, 500, now); });
  }
  EXPECT_EQ(granted, 1000);
}

}  // namespace
}  // namespace sweetspot::control
