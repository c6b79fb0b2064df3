#include <gtest/gtest.h>

#include "tests/tuner/world.hpp"

// One of several replicas: it explores from hold only while it is allowed to.
namespace sweetspot::tuner {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Settings in_turns(int initial) {
  Settings s;
  s.initial = initial;
  s.in_turns = true;
  return s;
}

Drive holding() {
  Drive drive(in_turns(1), World{.rate = disk_rate});
  EXPECT_TRUE(drive.until(State::hold));
  return drive;
}

TEST(Turns, let_a_cold_start_climb_without_one) { EXPECT_EQ(holding().tuner.held_limit(), 8); }

TEST(Turns, keep_a_hold_from_probing_and_show_that_it_would) {
  Drive drive = holding();
  drive.states.clear();
  EXPECT_FALSE(drive.tuner.wants_to_explore());
  drive.run(minutes(2));
  EXPECT_EQ(drive.states, std::set{State::hold});
  EXPECT_TRUE(drive.tuner.wants_to_explore());
}

TEST(Turns, let_it_probe_while_allowed) {
  Drive drive = holding();
  drive.tuner.allow_exploration(true, "a test", drive.now);
  EXPECT_TRUE(drive.until(State::probe));
  EXPECT_TRUE(drive.tuner.is_exploring());
}

TEST(Turns, end_a_probe_at_once_at_the_held_limit) {
  Drive drive = holding();
  drive.tuner.allow_exploration(true, "a test", drive.now);
  ASSERT_TRUE(drive.until(State::probe));
  const auto verdict = drive.tuner.allow_exploration(false, "a test", drive.now);
  EXPECT_EQ(drive.tuner.state(), State::hold);
  EXPECT_EQ(drive.tuner.limit(), drive.tuner.held_limit());
  EXPECT_EQ(verdict->reason, Reason::turn_ended);
  EXPECT_EQ(verdict->state, State::hold);
}

TEST(Turns, say_nothing_where_it_is_so_already) {
  Drive drive = holding();
  EXPECT_FALSE(drive.tuner.allow_exploration(false, "a test", drive.now));
}

TEST(Turns, never_make_a_retreat_wait) {
  Drive drive = holding();
  drive.world.failures = 0.3;
  EXPECT_TRUE(drive.until(State::retreat));
}

TEST(Turns, never_make_a_descent_wait_after_a_fall_nor_climb_beyond_where_it_began) {
  Drive drive = holding();
  drive.world.rate = [](int n) { return disk_rate(n) / 3; };
  ASSERT_TRUE(drive.until(Reason::capacity_fell));
  drive.largest_limit = 0;
  drive.run(minutes(1));
  EXPECT_EQ(drive.largest_limit, 8);
}

TEST(Turns, make_a_rise_wait) {
  Drive drive = holding();
  drive.world.rate = [](int n) { return disk_rate(n) * 2; };
  drive.largest_limit = 0;
  drive.run(minutes(1));
  EXPECT_EQ(drive.largest_limit, 8);
  drive.tuner.allow_exploration(true, "a test", drive.now);
  EXPECT_TRUE(drive.until(State::probe));
}

TEST(Turns, verify_what_another_replica_learnt_without_going_beyond_it) {
  Drive drive(in_turns(1), World{.rate = disk_rate});
  const auto verdict = drive.tuner.adopt(8, "learnt by a neighbour", drive.now);
  EXPECT_EQ(verdict->reason, Reason::published);
  EXPECT_EQ(drive.tuner.limit(), 8);
  EXPECT_TRUE(drive.until(State::verify));
  drive.run(minutes(1));
  EXPECT_EQ(drive.largest_limit, 8);
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Turns, come_down_from_a_neighbours_limit_that_is_too_large_here) {
  Drive drive(in_turns(1), World{.rate = disk_rate});
  drive.tuner.adopt(64, "learnt by a neighbour", drive.now);
  drive.run(minutes(1));
  EXPECT_LE(drive.tuner.held_limit(), 16);
}

TEST(Turns, adopt_nothing_once_a_search_has_begun) {
  Drive drive = holding();
  EXPECT_FALSE(drive.tuner.adopt(64, "learnt by a neighbour", drive.now));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Turns, let_an_operators_new_search_climb_without_one) {
  Drive drive = holding();
  drive.tuner.retune(drive.now);
  EXPECT_TRUE(drive.until(State::climb));
}

}  // namespace
}  // namespace sweetspot::tuner
