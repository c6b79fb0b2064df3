#include "tuner/relief.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tuner/world.hpp"

namespace sweetspot::tuner {
namespace {

using Answer = Relief::Answer;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint now{std::chrono::hours(1)};
constexpr Duration residence = milliseconds(13);

// 640 a second are asked for, of which 8 serves 600.
World asked(double rate) {
  World world{.rate = disk_rate};
  world.demand = rate;
  world.shed_at = [rate](int limit) { return std::max(0.0, 1 - disk_rate(limit) / rate); };
  world.queue_fill = 1;
  return world;
}

Window held_at_8(double rate) { return asked(rate).window(8, 1, seconds(3)); }

Relief looking(double rate = 640) {
  Relief relief;
  relief.begin(held_at_8(rate), residence, now);
  return relief;
}

// Tick by tick at 16; nothing where it has not answered within the span.
std::optional<Answer> look(Relief& relief, World world, Duration span = seconds(60)) {
  for (Duration t{}; t < span; t += milliseconds(100)) {
    const auto answer = relief.add(world.window(16, 2, milliseconds(100)));
    if (answer) return answer;
  }
  return std::nullopt;
}

TEST(Relief, is_due_where_few_are_turned_away_for_long_enough) {
  const Relief relief;
  const auto due = [&](double rate, int windows, Duration held_for) {
    return relief.is_due(held_at_8(rate), windows, held_for, now);
  };
  EXPECT_TRUE(due(640, 10, seconds(10)));
  EXPECT_FALSE(due(640, 9, seconds(10)));
  EXPECT_FALSE(due(640, 10, seconds(9)));
  EXPECT_FALSE(due(603, 10, seconds(10)));  // half a percent
  EXPECT_FALSE(due(820, 10, seconds(10)));  // 27 %
}

TEST(Relief, is_due_where_the_queue_grows_by_few) {
  const auto due = [](double more) {
    Relief relief;
    World world{.rate = disk_rate};
    for (Duration t{}; t <= seconds(5); t += milliseconds(200)) {
      Window window = world.window(8, 1, milliseconds(200));
      window.queued_seconds = 0.2 * more * tuner::seconds(t);
      relief.watch(window, residence, now + t);
    }
    return relief.is_due(world.window(8, 1, seconds(3)), 10, seconds(1), now + seconds(5));
  };
  EXPECT_TRUE(due(40));
  EXPECT_FALSE(due(0));
  EXPECT_FALSE(due(200));  // of 600 that are served
}

TEST(Relief, finds_that_the_larger_limit_serves_all) {
  Relief relief = looking();
  EXPECT_EQ(look(relief, asked(640)), Answer::serves_all);
  EXPECT_FALSE(relief.is_under_way());
  EXPECT_EQ(relief.seen().limit, 16);
  EXPECT_EQ(relief.seen().shed, 0u);
}

TEST(Relief, ends_soon_where_the_larger_limit_turns_as_many_away) {
  Relief relief = looking();
  World world = asked(640);
  world.shed_at = [](int) { return 0.06; };
  EXPECT_EQ(look(relief, world, seconds(4)), Answer::turns_away);
}

TEST(Relief, wants_nobody_to_be_turned_away) {
  Relief relief = looking(730);
  EXPECT_EQ(look(relief, asked(730), seconds(10)), Answer::turns_away);  // 4 % in place of 18
}

TEST(Relief, waits_until_a_queue_that_gets_shorter_is_empty) {
  Relief relief = looking();
  World world = asked(700);  // full while what had to wait is served
  world.shed_at = [](int) { return 0.0; };
  world.queue_fill = 0.6;
  EXPECT_EQ(look(relief, world, seconds(20)), std::nullopt);
  EXPECT_EQ(look(relief, asked(640)), Answer::serves_all);
}

TEST(Relief, does_not_wait_for_a_queue_that_stays_full) {
  Relief relief = looking();
  World world = asked(700);
  world.shed_at = [](int) { return 0.0; };
  EXPECT_EQ(look(relief, world, seconds(20)), Answer::turns_away);
}

TEST(Relief, takes_a_demand_that_went_away_for_no_proof) {
  Relief relief = looking();
  EXPECT_EQ(look(relief, asked(500)), Answer::turns_away);
}

TEST(Relief, asks_again_ever_more_rarely) {
  Relief relief;
  TimePoint at = now;
  for (Duration pause = seconds(30); pause < seconds(1000); pause *= 2) {
    relief.begin(held_at_8(640), residence, at);
    relief.end();
    const Duration wanted = std::min<Duration>(pause, std::chrono::minutes(10));
    EXPECT_FALSE(relief.is_due(held_at_8(640), 10, seconds(10), at + wanted - seconds(1)));
    at += wanted;
    EXPECT_TRUE(relief.is_due(held_at_8(640), 10, seconds(10), at));
  }
}

TEST(Relief, is_no_ladder) {
  Relief relief = looking();
  ASSERT_EQ(look(relief, asked(640)), Answer::serves_all);
  const TimePoint later = now + seconds(30);
  const Window at_16 = asked(740).window(16, 3, seconds(3));
  EXPECT_FALSE(relief.is_due(at_16, 10, seconds(10), later));
  relief.forget();
  EXPECT_TRUE(relief.is_due(at_16, 10, seconds(10), later));
}

Drive holding_8(double rate) {
  Settings settings;
  settings.initial = 8;
  settings.max = 64;
  Drive drive(settings, asked(rate));
  EXPECT_TRUE(drive.until(State::hold));
  return drive;
}

TEST(Tuner, climbs_where_a_larger_limit_serves_all_that_comes) {
  Drive drive = holding_8(640);
  ASSERT_TRUE(drive.until(Reason::shedding_relieved));
  EXPECT_EQ(drive.tuner.held_limit(), 16);
  EXPECT_EQ(drive.find(Reason::shedding_relieved)->sentence,
            "8 → 16: 16 serves all that comes, also the 6 % that 8 turns away");
  drive.run(std::chrono::minutes(5));
  EXPECT_EQ(drive.tuner.held_limit(), 16);
}

TEST(Tuner, stays_where_a_larger_limit_would_turn_some_away_too) {
  Drive drive = holding_8(740);
  drive.run(std::chrono::minutes(2));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
  const auto told = [](const Verdict& verdict) {
    return verdict.sentence.find("16 would not serve all that comes either") != std::string::npos;
  };
  EXPECT_TRUE(std::any_of(drive.verdicts.begin(), drive.verdicts.end(), told));
}

TEST(Tuner, for_throughput_has_no_use_for_a_look_upwards) {
  Settings settings;
  settings.initial = 16;
  settings.max = 64;
  settings.objective = Objective::throughput;
  Drive drive(settings, asked(715));
  drive.run(std::chrono::minutes(2));
  EXPECT_EQ(drive.tuner.held_limit(), 16);
  EXPECT_FALSE(drive.find(Reason::shedding_relieved));
}

TEST(Tuner, stays_where_a_larger_limit_would_make_answers_fail) {
  Drive drive = holding_8(640);
  drive.world.failures_at = [](int limit) { return limit > 8 ? 0.3 : 0.0; };
  drive.run(std::chrono::minutes(2));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
}

TEST(Tuner, ends_a_look_upwards_with_the_turn) {
  Settings settings;
  settings.initial = 8;
  settings.in_turns = true;
  Drive drive(settings, asked(640));
  ASSERT_TRUE(drive.until(State::hold));
  drive.run(std::chrono::minutes(1));
  EXPECT_EQ(drive.tuner.held_limit(), 8);
  drive.tuner.allow_exploration(true, "a test", drive.now);
  ASSERT_TRUE(drive.until(State::climb));
  drive.tuner.allow_exploration(false, "a test", drive.now);
  EXPECT_EQ(drive.tuner.limit(), 8);
  EXPECT_EQ(drive.tuner.state(), State::hold);
}

TEST(Tuner, ends_a_look_upwards_where_nothing_comes_back) {
  Drive drive = holding_8(640);
  drive.verdicts.clear();
  ASSERT_TRUE(drive.until(State::climb));
  drive.world.failures = 1;
  ASSERT_TRUE(drive.until(Reason::outage));
  EXPECT_EQ(drive.tuner.limit(), 8);
  drive.world.failures = 0;
  ASSERT_TRUE(drive.until(Reason::shedding_relieved, std::chrono::minutes(2)));
}

}  // namespace
}  // namespace sweetspot::tuner
