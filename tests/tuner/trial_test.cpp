#include "tuner/trial.hpp"

#include <gtest/gtest.h>

#include "tests/tuner/world.hpp"

namespace sweetspot::tuner {
namespace {

using Ms = std::chrono::milliseconds;

Trial::Plan plan(int held, int other, Duration residence = Ms(10)) {
  return {.held = held,
          .other = other,
          .rule = {.up = other > held},
          .in_force = held,
          .residence = residence,
          .phi = 0.3,
          .known = std::nullopt};
}

// Runs a trial to its end and returns the limits that it put in force, one a change.
std::vector<int> limits_of(Trial& trial, World world, std::optional<Ruling>& ruling) {
  std::vector<int> limits{trial.limit()};
  for (int i = 0; i < 10000 && !ruling; ++i) {
    ruling = trial.add(world.window(trial.limit(), 1, Ms(5)));
    if (trial.limit() != limits.back()) limits.push_back(trial.limit());
  }
  return limits;
}

TEST(Trial, alternates_its_arms_so_that_drift_falls_on_both) {
  Trial trial(plan(4, 8));
  std::optional<Ruling> ruling;
  const auto limits = limits_of(trial, World{.rate = disk_rate}, ruling);
  ASSERT_TRUE(ruling);
  EXPECT_TRUE(ruling->move);
  EXPECT_EQ(limits, (std::vector<int>{4, 8, 4}));
}

TEST(Trial, starts_with_the_other_arm_where_the_held_one_is_known) {
  World world{.rate = disk_rate};
  auto known = plan(4, 8);
  known.known = world.window(4, 1, Ms(1000));
  EXPECT_EQ(Trial(known).limit(), 8);
}

TEST(Trial, guards_one_residence_of_the_new_arm_and_more_upwards) {
  World world{.rate = disk_rate};
  auto known = plan(4, 8, Ms(100));
  known.known = world.window(4, 1, Ms(1000));
  Trial trial(known);
  Duration until_first{};
  while (trial.other().slices == 0) {
    static_cast<void>(trial.add(world.window(8, 1, Ms(5))));
    until_first += Ms(5);
  }
  // 200 ms residence is assumed at 8 (the same throughput): guard 300 ms, slice 3 x 200 ms.
  EXPECT_GE(until_first, Ms(900));
}

TEST(Trial, ends_by_the_clock_where_nothing_is_ever_served) {
  World dead{.rate = [](int) { return 1e-9; }};
  Trial trial(plan(4, 8));
  Duration passed{};
  std::optional<Ruling> ruling;
  while (!ruling && passed < std::chrono::minutes(2)) {
    ruling = trial.add(dead.window(trial.limit(), 1, Ms(50)));
    passed += Ms(50);
  }
  ASSERT_TRUE(ruling);
  EXPECT_FALSE(ruling->move);
}

TEST(Trial, is_not_ended_by_the_clock_before_each_limit_was_seen_twice) {
  Trial trial(plan(2, 4, Ms(1000)));
  std::optional<Ruling> ruling;
  World slow{.rate = [](int limit) { return 1.0 * limit; }};
  for (int i = 0; i < 10000 && !ruling; ++i) {
    ruling = trial.add(slow.window(trial.limit(), 1, Ms(50)));
  }
  ASSERT_TRUE(ruling);
  EXPECT_TRUE(ruling->move);
}

TEST(Trial, leaps_at_first_with_fewer_answers) {
  const auto answers = [](int other) {
    World world{.rate = [](int limit) { return 10.0 * limit; }};
    auto first = plan(2, other, Ms(100));
    first.rule.first = true;
    Trial trial(first);
    while (trial.held().slices == 0) static_cast<void>(trial.add(world.window(2, 1, Ms(25))));
    return trial.held().sum.successes;
  };
  EXPECT_EQ(answers(4), 40);
  EXPECT_EQ(answers(8), 12);
}

TEST(Trial, gathers_evidence_over_visits) {
  World world{.rate = disk_rate};
  auto known = plan(8, 16);
  known.known = world.window(8, 1, Ms(1000));
  Trial trial(known);
  while (trial.other().slices == 0) static_cast<void>(trial.add(world.window(16, 1, Ms(5))));
  trial.resume(world.window(8, 1, Ms(1000)));
  EXPECT_EQ(trial.limit(), 16);
  EXPECT_EQ(trial.held().slices, 2);
  while (trial.other().slices == 1) static_cast<void>(trial.add(world.window(16, 1, Ms(5))));
  EXPECT_EQ(trial.other().slices, 2);
}

TEST(Trial, looks_less_often_at_a_slow_backend) {
  EXPECT_EQ(Trial(plan(4, 8, Ms(10))).tick(), Ms(5));
  EXPECT_EQ(Trial(plan(4, 8, Ms(100))).tick(), Ms(25));
  EXPECT_EQ(Trial(plan(4, 8, Ms(5000))).tick(), Ms(50));
}

}  // namespace
}  // namespace sweetspot::tuner
