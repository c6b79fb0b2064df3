// Groups that share a backend share one tuner, whose verdicts count all of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/service/control/blocking_backend.hpp"
#include "tests/service/control/rig.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;
using tests::BlockingBackend;
using tests::Rig;

double sixteen_threads(double in_flight) { return 100 * std::min(in_flight, 16.0); }

admission::Settings two_groups(double share) {
  admission::Settings settings;
  settings.groups = {{"a", share}, {"b", 1}};
  settings.classes = {{.name = "default", .group = 0}, {.name = "other", .group = 1}};
  return settings;
}

Settings from(int limit, tuner::Objective objective) {
  Settings settings = tests::starting_at(limit);
  settings.tuner.objective = objective;
  return settings;
}

struct Groups : testing::TestWithParam<std::tuple<int, double, tuner::Objective>> {};

TEST_P(Groups, on_sixteen_threads_settle_at_a_total_of_8_to_32) {
  const auto [start, share, objective] = GetParam();
  Rig rig(from(start, objective), two_groups(share));
  BlockingBackend backend(rig.limiter, *rig.recorders[0], 200, rig.now, sixteen_threads, 2);
  rig.run_for(60s, &backend);
  for (int i = 0; i < 6; ++i) {
    rig.run_for(10s, &backend);
    const int total = rig.steering.status(rig.now).held_limit;
    EXPECT_GE(total, 8);
    EXPECT_LE(total, 32);
  }
}

INSTANTIATE_TEST_SUITE_P(, Groups,
                         testing::Combine(testing::Values(2, 8, 64), testing::Values(1.0, 3.0),
                                          testing::Values(tuner::Objective::balanced,
                                                          tuner::Objective::throughput)));

TEST(GroupsTogether, have_both_their_part_of_what_is_held) {
  Rig rig(from(8, tuner::Objective::throughput), two_groups(3));
  BlockingBackend backend(rig.limiter, *rig.recorders[0], 200, rig.now, sixteen_threads, 2);
  rig.run_for(60s, &backend);
  const auto reading = rig.limiter.read(rig.now);
  EXPECT_EQ(reading.in_flight, reading.limit);
  EXPECT_NEAR(reading.classes[0].in_flight, 0.75 * reading.limit, 1);
  EXPECT_NEAR(reading.classes[1].in_flight, 0.25 * reading.limit, 1);
}

TEST(GroupsTogether, change_one_after_another_whatever_the_tuner_does) {
  auto settings = two_groups(3);
  settings.groups.push_back({"c", 2});
  settings.classes.push_back({.name = "third", .group = 2});
  Rig rig(from(8, tuner::Objective::balanced), settings);
  BlockingBackend backend(rig.limiter, *rig.recorders[0], 200, rig.now, sixteen_threads, 3);
  auto before = rig.limiter.read(rig.now).parts;
  int moves = 0;
  for (const auto end = rig.now + 60s; rig.now < end;) {
    rig.now += rig.steering.tick(rig.now);
    const auto parts = rig.limiter.read(rig.now).parts;
    int changed = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) changed += parts[i] != before[i];
    ASSERT_LE(changed, 1);
    moves += changed;
    before = parts;
    backend.run_until(rig.now);
  }
  EXPECT_GT(moves, 20);
  EXPECT_GT(rig.decisions.size(), 3u);
}

TEST(GroupsTogether, all_follow_an_order_without_traffic_and_without_a_tuner) {
  Rig rig(from(8, tuner::Objective::balanced), two_groups(3));
  rig.run_for(1s);
  rig.steering.pin(40, {"a test", "test"}, rig.now);
  EXPECT_LT(rig.limiter.limit(), 40);
  rig.run_for(20ms);
  EXPECT_EQ(rig.limiter.limit(), 40);
  EXPECT_EQ(rig.limiter.read(rig.now).parts[0], 30);
  EXPECT_EQ(rig.limiter.read(rig.now).parts[1], 10);
}

TEST(GroupsTogether, have_their_parts_of_a_pin_from_the_start) {
  auto settings = from(8, tuner::Objective::balanced);
  settings.pin = 4;
  Rig rig(settings, two_groups(3));
  EXPECT_EQ(rig.limiter.limit(), 4);
  EXPECT_EQ(rig.limiter.read(rig.now).parts[0], 3);
  EXPECT_EQ(rig.limiter.read(rig.now).parts[1], 1);
}

TEST(GroupsTogether, have_other_parts_once_their_shares_are_others) {
  auto settings = two_groups(3);
  Rig rig(from(8, tuner::Objective::balanced), settings);
  settings.groups[0].share = 1;
  rig.limiter.reconfigure(settings, rig.now);
  EXPECT_EQ(rig.limiter.read(rig.now).parts[0], 6);
  rig.steering.move_parts(rig.now);
  EXPECT_EQ(rig.limiter.limit(), 6);  // that of one has shrunk, that of the other not yet grown
  rig.run_for(20ms);
  EXPECT_EQ(rig.limiter.limit(), 8);
  EXPECT_EQ(rig.limiter.read(rig.now).parts[0], 4);
}

TEST(GroupsTogether, are_each_told_in_a_status_with_their_classes) {
  Rig rig(from(8, tuner::Objective::throughput), two_groups(3));
  BlockingBackend backend(rig.limiter, *rig.recorders[0], 200, rig.now, sixteen_threads, 2);
  rig.run_for(5s, &backend);
  const auto status = rig.steering.status(rig.now);
  ASSERT_EQ(status.classes.size(), 2u);
  ASSERT_EQ(status.groups.size(), 2u);
  EXPECT_EQ(status.classes[1].name, "other");
  EXPECT_EQ(status.classes[1].group, "b");
  EXPECT_EQ(status.groups[0].share, 3);
  EXPECT_EQ(status.groups[0].limit + status.groups[1].limit, status.limit);
  EXPECT_EQ(status.groups[0].in_flight + status.groups[1].in_flight, status.in_flight);
  EXPECT_EQ(status.classes[0].queued + status.classes[1].queued, status.queued);
  EXPECT_GT(status.classes[1].requests, 0u);
  EXPECT_EQ(status.classes[0].requests + status.classes[1].requests, status.requests);
}

TEST(GroupsTogether, are_none_where_none_are_configured) {
  Rig rig;
  const auto status = rig.steering.status(rig.now);
  ASSERT_EQ(status.classes.size(), 1u);
  EXPECT_EQ(status.classes[0].name, "default");
  EXPECT_EQ(status.classes[0].group, "");
  EXPECT_TRUE(status.groups.empty());
}

}  // namespace
}  // namespace sweetspot::control
