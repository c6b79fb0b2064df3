#include "tuner/outage.hpp"

#include <gtest/gtest.h>

#include "tests/tuner/world.hpp"

namespace sweetspot::tuner {
namespace {

using Event = OutageWatch::Event;
using Ms = std::chrono::milliseconds;

constexpr Duration usual = Ms(10);  // residence: at 8 in flight 800 a second

World at(double rate) {
  return World{.rate = [rate](int) { return rate; }};
}

Event feed(OutageWatch& watch, World& world, Duration span, Duration residence = usual,
           int limit = 8) {
  Event event = Event::none;
  for (Duration t = Ms(5); t <= span; t += Ms(5)) {
    event = watch.add(world.window(limit, 1, Ms(5)), residence);
    if (event != Event::none && event != Event::goes_on) break;
  }
  return event;
}

OutageWatch out() {
  OutageWatch watch;
  World gone = at(0);
  feed(watch, gone, Ms(100));
  return watch;
}

TEST(OutageWatch, begins_when_twenty_answers_are_missing) {
  OutageWatch watch;
  World gone = at(0);
  EXPECT_EQ(feed(watch, gone, Ms(45), usual, 4), Event::none);
  EXPECT_EQ(feed(watch, gone, Ms(10), usual, 4), Event::began);
}

TEST(OutageWatch, waits_for_three_residences_since_a_cohort_comes_back_at_one_instant) {
  OutageWatch watch;
  World gone = at(0);
  EXPECT_EQ(feed(watch, gone, Ms(25), usual, 64), Event::none);
  EXPECT_EQ(feed(watch, gone, Ms(10), usual, 64), Event::began);
}

TEST(OutageWatch, is_none_where_cohorts_return_after_twice_the_usual_time) {
  OutageWatch watch;
  World gone = at(0), back = at(12800);  // 64 within 5 ms
  for (int cohort = 0; cohort < 20; ++cohort) {
    ASSERT_EQ(feed(watch, gone, Ms(20), usual, 64), Event::none);
    ASSERT_EQ(feed(watch, back, Ms(5), usual, 64), Event::none);
  }
}

TEST(OutageWatch, is_none_where_all_is_ten_times_slower) {
  OutageWatch watch;
  World slow = at(80);
  EXPECT_EQ(feed(watch, slow, std::chrono::seconds(20)), Event::none);
}

TEST(OutageWatch, is_none_where_demand_is_gone) {
  OutageWatch watch;
  World idle = at(800);
  idle.demand = 0;
  EXPECT_EQ(feed(watch, idle, std::chrono::seconds(20)), Event::none);
}

TEST(OutageWatch, is_none_while_nothing_is_known_of_good_times) {
  OutageWatch watch;
  World gone = at(0);
  EXPECT_EQ(feed(watch, gone, std::chrono::seconds(5), Duration::zero()), Event::none);
}

TEST(OutageWatch, sees_requests_that_fail_at_once) {
  OutageWatch watch;
  World failing = at(4000);
  failing.failures = 1;
  failing.in_flight_at = [](int) { return 2.0; };
  EXPECT_EQ(feed(watch, failing, Ms(200)), Event::began);
}

TEST(OutageWatch, ends_when_answers_succeed_again) {
  OutageWatch watch = out();
  World back = at(800);
  EXPECT_EQ(feed(watch, back, Ms(50)), Event::ended);
  EXPECT_FALSE(watch.is_on());
}

TEST(OutageWatch, goes_on_while_most_fail) {
  OutageWatch watch = out();
  World half = at(800);
  half.failures = 0.7;
  EXPECT_EQ(feed(watch, half, Ms(200)), Event::goes_on);
}

TEST(OutageWatch, gives_up_waiting_where_answers_stay_slow) {
  OutageWatch watch = out();
  World slow = at(40);
  EXPECT_EQ(feed(watch, slow, std::chrono::seconds(10)), Event::slow);
  EXPECT_NEAR(watch.seen().throughput(), 40, 2);
}

TEST(OutageWatch, waits_for_as_long_as_nothing_succeeds) {
  OutageWatch watch = out();
  World gone = at(0);
  EXPECT_EQ(feed(watch, gone, std::chrono::seconds(60)), Event::goes_on);
}

}  // namespace
}  // namespace sweetspot::tuner
