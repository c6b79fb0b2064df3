#include "tuner/tuner.hpp"

#include <gtest/gtest.h>

#include "tests/tuner/world.hpp"

namespace sweetspot::tuner {
namespace {

using Ms = std::chrono::milliseconds;
using std::chrono::minutes;

Settings from(int initial, Objective objective = Objective::balanced) {
  Settings settings;
  settings.initial = initial;
  settings.objective = objective;
  settings.max = 64;
  return settings;
}

World disk() { return World{.rate = disk_rate}; }

TEST(Tuner, climbs_by_doubling_to_the_balanced_knee) {
  Drive drive(from(1), disk());
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
  EXPECT_EQ(drive.largest_limit, 16);
}

TEST(Tuner, leaps_from_a_small_start_where_most_are_turned_away) {
  Drive drive(from(1, Objective::throughput), disk());
  drive.world.shed = 0.9;
  ASSERT_TRUE(drive.until(Reason::throughput_gain));
  EXPECT_EQ(drive.tuner.held_limit(), 4);
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 16);
}

TEST(Tuner, descends_from_a_start_that_is_far_too_high) {
  Drive drive(from(64, Objective::throughput), disk());
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 16);
}

TEST(Tuner, by_a_bound_holds_the_largest_limit_that_meets_it) {
  Settings settings = from(2, Objective::latency);
  settings.p99_bound = Ms(14);  // 13.3 ms at 8, 22.9 ms at 16
  Drive drive(settings, disk());
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Tuner, discards_what_spans_idle_and_busy) {
  Drive drive(from(8), disk());
  drive.world.demand = 0;
  drive.run(Ms(500));
  drive.world.demand = 1e9;
  drive.run(Ms(5));
  EXPECT_EQ(drive.tuner.state(), State::start);
  EXPECT_TRUE(drive.until(State::climb));
}

TEST(Tuner, does_not_move_without_traffic_and_ticks_rarely) {
  Drive drive(from(8), disk());
  drive.world.demand = 0;
  drive.run(minutes(2));
  EXPECT_EQ(drive.tuner.limit(), 8);
  EXPECT_EQ(drive.tuner.state(), State::start);
  const Step step = drive.tuner.step(drive.world.window(8, 1, Ms(100)), drive.now);
  EXPECT_EQ(step.next_tick, std::chrono::seconds(1));
}

TEST(Tuner, ticks_often_only_while_it_measures) {
  Drive drive(from(8), disk());
  ASSERT_TRUE(drive.until(State::climb));
  EXPECT_EQ(drive.tuner.step(drive.world.window(8, 1, Ms(5)), drive.now).next_tick, Ms(5));
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_GE(drive.tuner.step(drive.world.window(8, 9, Ms(5)), drive.now).next_tick, Ms(50));
}

TEST(Tuner, holds_where_the_limit_does_not_bind_and_says_so) {
  Drive drive(from(8), disk());
  drive.world.demand = 200;
  drive.run(minutes(5));
  EXPECT_EQ(drive.largest_limit, 8);
  EXPECT_EQ(drive.tuner.state(), State::hold);
  EXPECT_TRUE(drive.find(Reason::not_binding));
}

// Half of what is in flight serves the 660 a second that come as well, an eighth of it does not.
TEST(Tuner, says_that_less_would_not_serve_all_that_comes) {
  Settings start;
  start.initial = 64;
  Drive drive(start, World{.rate = disk_rate, .demand = 660});
  ASSERT_TRUE(drive.until(Reason::smaller_is_worse, std::chrono::minutes(2)));
  const Verdict& verdict = *drive.find(Reason::smaller_is_worse);
  EXPECT_EQ(drive.tuner.held_limit(), 29);
  EXPECT_LT(verdict.elasticity, verdict.e_star);
  EXPECT_NE(verdict.sentence.find("; 29 serves all that comes, 7 would not"), std::string::npos)
      << verdict.sentence;
}

TEST(Tuner, searches_once_traffic_binds_after_a_quiet_time) {
  Drive drive(from(2), disk());
  drive.world.demand = 50;
  drive.run(minutes(1));
  EXPECT_EQ(drive.tuner.held_limit(), 2);
  drive.world.demand = 1e9;
  ASSERT_TRUE(drive.until(State::climb));
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Tuner, ignores_a_window_of_another_limit) {
  Tuner tuner(from(8), TimePoint{});
  World world = disk();
  TimePoint now{};
  for (int i = 0; i < 1000; ++i) {
    now += Ms(5);
    tuner.step(world.window(9, 1, Ms(5)), now);
  }
  EXPECT_EQ(tuner.state(), State::start);
}

TEST(Tuner, finds_capacity_that_fell) {
  Drive drive(from(16, Objective::throughput), disk());
  ASSERT_TRUE(drive.until(State::hold));
  drive.run(minutes(1));
  drive.world.rate = [](int limit) { return std::min(limit, 4) * 50.0; };
  ASSERT_TRUE(drive.until(Reason::capacity_fell));
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 4);
}

TEST(Tuner, finds_a_change_that_came_while_its_search_looked_down) {
  Settings settings = from(16, Objective::throughput);
  settings.max = 1000;
  Drive drive(settings, World{.rate = [](int n) { return std::min(n * 100.0, 1600.0); }});
  // Upwards all is asked, in the world as it was.
  for (int i = 0; i < 2000 && drive.tuner.limit() >= 16; ++i) drive.run(Ms(5));
  ASSERT_EQ(drive.tuner.limit(), 8);
  drive.world.rate = [](int n) { return std::min(n * 25.0, 1600.0); };
  ASSERT_TRUE(drive.until(Reason::smaller_is_worse));
  EXPECT_TRUE(drive.until(Reason::capacity_fell, std::chrono::seconds(2)));
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 64);
}

TEST(Tuner, finds_capacity_that_rose_beyond_the_limit_by_probing) {
  Drive drive(from(4, Objective::throughput),
              World{.rate = [](int n) { return std::min(n, 4) * 100.0; }});
  ASSERT_TRUE(drive.until(State::hold));
  drive.run(minutes(1));
  EXPECT_EQ(drive.tuner.held_limit(), 4);
  drive.world.rate = [](int n) { return std::min(n, 32) * 100.0; };
  drive.run(minutes(1));
  EXPECT_GE(drive.tuner.held_limit(), 32);
  EXPECT_LE(drive.tuner.held_limit(), 34);  // by half steps
}

TEST(Tuner, finds_a_limit_that_became_too_high_while_looking_up_is_too_dear) {
  Settings settings = from(128, Objective::throughput);
  settings.max = 1000;
  Drive drive(settings, World{.rate = [](int n) { return std::min(n * 12.5, 1600.0); }});
  drive.world.shed = 0.3;
  drive.world.queue_fill = 1;
  ASSERT_TRUE(drive.until(State::hold));
  ASSERT_EQ(drive.tuner.held_limit(), 128);
  drive.run(std::chrono::seconds(10));  // a probe at 181 is paid for after 27
  drive.world.rate = [](int n) { return std::min(n * 100.0, 1600.0); };
  EXPECT_TRUE(drive.until(Reason::smaller_is_enough, std::chrono::seconds(12)));
}

TEST(Tuner, keeps_its_limit_when_everything_is_twice_as_slow) {
  Drive drive(from(8), disk());
  ASSERT_TRUE(drive.until(State::hold));
  drive.run(minutes(1));
  drive.world.rate = [](int limit) { return disk_rate(limit) / 2; };
  drive.run(minutes(2));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Tuner, explores_within_its_budget) {
  Settings settings = from(8);
  Drive drive(settings, disk());
  ASSERT_TRUE(drive.until(State::hold));
  for (int i = 0; i < 40; ++i) {
    drive.run(std::chrono::seconds(3));
    EXPECT_LE(drive.tuner.exploration_share(), settings.exploration);
  }
  drive.run(minutes(2));
  EXPECT_LE(drive.tuner.exploration_share(), settings.settled_exploration + 0.002);
  EXPECT_GT(drive.tuner.exploration_share(), 0);
}

TEST(Tuner, ends_a_trial_that_would_shed) {
  Drive drive(from(64), disk());
  drive.world.queue_fill_at = [](int limit) { return limit < 64 ? 0.6 : 0.1; };
  ASSERT_TRUE(drive.until(Reason::probe_aborted));
  EXPECT_EQ(drive.tuner.held_limit(), 64);
  EXPECT_GE(drive.tuner.limit(), 64);
}

TEST(Tuner, does_trial_smaller_limits_where_shedding_goes_on_anyway) {
  Drive drive(from(64), disk());
  drive.world.shed = 0.3;
  drive.world.queue_fill = 1;
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Tuner, drains_and_avoids_a_limit_that_left_the_backend_worse_off) {
  // A convoy: above 8 it forms, and only below 4 does it dissolve.
  auto convoy = std::make_shared<bool>(false);
  World world{.rate = [convoy](int limit) {
    if (limit > 8) *convoy = true;
    if (limit < 4) *convoy = false;
    return *convoy ? 300.0 : disk_rate(std::min(limit, 8));
  }};
  Drive drive(from(8), world);
  ASSERT_TRUE(drive.until(Reason::poisoned));
  EXPECT_TRUE(drive.states.contains(State::drain));
  drive.run(std::chrono::seconds(40));
  EXPECT_FALSE(*convoy);
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Tuner, gives_an_avoided_limit_another_chance_when_the_world_changes) {
  auto convoy = std::make_shared<bool>(false);
  World world{.rate = [convoy](int limit) {
    if (limit > 8) *convoy = true;
    if (limit < 4) *convoy = false;
    return *convoy ? 300.0 : disk_rate(std::min(limit, 8));
  }};
  Drive drive(from(8, Objective::throughput), world);
  ASSERT_TRUE(drive.until(Reason::poisoned));
  drive.run(std::chrono::seconds(10));
  drive.world.rate = [](int limit) { return 100.0 * std::min(limit, 32); };
  ASSERT_TRUE(drive.until(Reason::capacity_rose));
  drive.run(std::chrono::seconds(10));  // far less than the limit would be avoided for
  EXPECT_GE(drive.tuner.held_limit(), 32);
}

TEST(Tuner, does_not_look_down_where_little_is_shed) {
  Drive drive(from(16, Objective::throughput), disk());
  ASSERT_TRUE(drive.until(State::hold));
  drive.world.shed = 0.02;
  drive.run(std::chrono::seconds(3));
  int smallest = 64;
  for (int i = 0; i < 6000; ++i) {
    drive.run(Ms(5));
    smallest = std::min(smallest, drive.tuner.limit());
  }
  EXPECT_EQ(smallest, 16);
}

TEST(Tuner, retreats_from_failures_that_a_smaller_limit_avoids) {
  Drive drive(from(16, Objective::throughput), disk());
  ASSERT_TRUE(drive.until(State::hold));
  drive.world.failures_at = [](int limit) { return limit > 8 ? 0.6 : 0.0; };
  ASSERT_TRUE(drive.until(State::retreat));
  drive.run(minutes(1));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Tuner, stays_through_failures_that_a_smaller_limit_does_not_avoid) {
  Drive drive(from(16, Objective::throughput), disk());
  ASSERT_TRUE(drive.until(State::hold));
  drive.world.failures = 0.3;
  drive.run(std::chrono::seconds(30));
  EXPECT_EQ(drive.tuner.held_limit(), 16);
}

TEST(Tuner, goes_back_to_the_last_good_limit_in_an_outage_and_then_on_with_its_search) {
  Drive drive(from(1, Objective::throughput), disk());
  ASSERT_TRUE(drive.until(Reason::throughput_gain));
  while (drive.tuner.held_limit() < 8 || drive.tuner.limit() < 16) drive.run(Ms(5));
  drive.world.failures = 1;
  ASSERT_TRUE(drive.until(Reason::outage, Ms(800)));
  drive.run(minutes(5));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
  EXPECT_EQ(drive.tuner.limit(), 8);
  EXPECT_EQ(drive.tuner.state(), State::hold);
  drive.world.failures = 0;
  ASSERT_TRUE(drive.until(State::climb, std::chrono::seconds(1)));
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 16);
}

TEST(Tuner, keeps_what_it_held_through_an_outage_without_a_new_search) {
  Drive drive(from(16, Objective::throughput), disk());
  ASSERT_TRUE(drive.until(State::hold));
  drive.run(minutes(1));
  for (double failures : {1.0, 0.0}) {
    drive.world.failures = failures;
    drive.run(std::chrono::seconds(3));
    EXPECT_EQ(drive.tuner.held_limit(), 16);
  }
  EXPECT_TRUE(drive.find(Reason::outage));
  EXPECT_FALSE(drive.find(Reason::capacity_fell));
  EXPECT_FALSE(drive.find(Reason::failures));
}

TEST(Tuner, looks_for_another_limit_where_all_stays_far_slower) {
  Drive drive(from(16, Objective::throughput), disk());
  ASSERT_TRUE(drive.until(State::hold));
  drive.world.rate = [](int limit) { return std::min(limit, 4) * 5.0; };  // 35 times slower
  ASSERT_TRUE(drive.until(Reason::capacity_fell, std::chrono::seconds(10)));
  ASSERT_TRUE(drive.until(State::hold, minutes(5)));
  EXPECT_EQ(drive.tuner.held_limit(), 4);
}

TEST(Tuner, obeys_a_pin_until_it_is_given_back) {
  Drive drive(from(8), disk());
  const Verdict pinned = drive.tuner.pin(100, drive.now);
  EXPECT_EQ(pinned.reason, Reason::pinned);
  EXPECT_EQ(pinned.to, 64);
  EXPECT_EQ(drive.tuner.limit(), 64);
  drive.run(minutes(1));
  EXPECT_EQ(drive.tuner.limit(), 64);
  EXPECT_TRUE(drive.tuner.pinned());
  EXPECT_EQ(drive.tuner.unpin(drive.now).reason, Reason::unpinned);
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Tuner, searches_anew_when_asked_to) {
  Drive drive(from(8), disk());
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.retune(drive.now).reason, Reason::retune);
  EXPECT_EQ(drive.tuner.state(), State::start);
  ASSERT_TRUE(drive.until(State::climb));
}

TEST(Tuner, follows_a_new_objective) {
  Drive drive(from(8), disk());
  ASSERT_TRUE(drive.until(State::hold));
  const Verdict verdict = drive.tuner.set_objective(Objective::throughput, {}, drive.now);
  EXPECT_EQ(verdict.reason, Reason::objective_changed);
  ASSERT_TRUE(drive.until(State::hold));
  EXPECT_EQ(drive.tuner.held_limit(), 16);
}

TEST(Tuner, measures_nothing_while_paused) {
  Drive drive(from(8), disk());
  ASSERT_TRUE(drive.until(State::climb));
  EXPECT_EQ(drive.tuner.pause(drive.now).reason, Reason::paused);
  const auto verdicts = drive.verdicts.size();
  drive.run(minutes(1));
  EXPECT_EQ(drive.verdicts.size(), verdicts);
  EXPECT_EQ(drive.tuner.limit(), 8);
  drive.tuner.resume(drive.now);
  EXPECT_EQ(drive.tuner.state(), State::hold);
}

TEST(Tuner, brings_its_start_into_bounds) {
  Settings settings = from(500);
  Tuner tuner(settings, TimePoint{});
  EXPECT_EQ(tuner.limit(), 64);
  EXPECT_EQ(tuner.last_verdict()->reason, Reason::bounds);
}

TEST(Verdicts, are_numbered_and_carry_both_arms) {
  Drive drive(from(1), disk());
  ASSERT_TRUE(drive.until(State::hold));
  std::uint64_t expected = 0;
  for (const Verdict& v : drive.verdicts) EXPECT_EQ(v.sequence, ++expected);
  const Verdict* gain = drive.find(Reason::throughput_gain);
  ASSERT_TRUE(gain);
  EXPECT_EQ(gain->from, 4);
  EXPECT_EQ(gain->to, 8);
  EXPECT_NEAR(gain->lo->throughput, 400, 10);
  EXPECT_NEAR(gain->hi->throughput, 600, 15);
  EXPECT_NEAR(gain->elasticity, 0.585, 0.05);
  EXPECT_GT(gain->z, 2.3);
}

}  // namespace
}  // namespace sweetspot::tuner
