#include "tuner/hold.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "tests/tuner/world.hpp"

namespace sweetspot::tuner {
namespace {

using Event = HoldMonitor::Event;
using Ms = std::chrono::milliseconds;

World at(double rate) {
  return World{.rate = [rate](int) { return rate; }};
}

// Feeds whole windows and returns the last event.
Event feed(HoldMonitor& hold, World world, int windows, std::optional<Duration> late_after = {}) {
  Event event = Event::none;
  for (int i = 0; i < windows; ++i) event = hold.add(world.window(8, 1, Ms(500)), 0.3, late_after);
  return event;
}

HoldMonitor holding(double rate) {
  HoldMonitor hold;
  hold.begin(Duration::zero(), Ms(10));
  feed(hold, at(rate), 4);
  return hold;
}

TEST(HoldMonitor, completes_a_window_with_samples_and_time) {
  HoldMonitor hold;
  hold.begin(Duration::zero(), Ms(10));
  World world = at(1000);
  EXPECT_EQ(hold.add(world.window(8, 1, Ms(100)), 0.3, {}), Event::none);
  EXPECT_EQ(hold.add(world.window(8, 1, Ms(100)), 0.3, {}), Event::window);
}

TEST(HoldMonitor, says_that_throughput_fell_when_four_windows_agree) {
  HoldMonitor hold = holding(600);
  EXPECT_EQ(feed(hold, at(450), 3), Event::window);
  EXPECT_EQ(feed(hold, at(450), 1), Event::fell);
}

TEST(HoldMonitor, forgives_a_neighbour_that_takes_a_part_for_a_while) {
  HoldMonitor hold = holding(600);
  feed(hold, at(380), 3);
  EXPECT_EQ(feed(hold, at(600), 8), Event::window);
}

TEST(HoldMonitor, says_at_once_that_throughput_collapsed) {
  HoldMonitor hold = holding(600);
  World world = at(100);
  EXPECT_EQ(hold.add(world.window(8, 1, Ms(100)), 0.3, {}), Event::none);
  EXPECT_EQ(hold.add(world.window(8, 1, Ms(150)), 0.3, {}),
            Event::fell);  // 25 answers, not yet 100
}

TEST(HoldMonitor, tells_a_change_from_what_is_expected_of_the_limit) {
  HoldMonitor hold;
  World before = at(600);
  hold.expect(before.window(8, 1, Ms(500)));
  hold.begin(Duration::zero(), Ms(10));
  EXPECT_EQ(feed(hold, at(100), 1), Event::fell);
}

TEST(HoldMonitor, forgives_an_expectation_that_is_not_far_off) {
  HoldMonitor hold;
  World before = at(600);
  hold.expect(before.window(8, 1, Ms(500)));
  hold.begin(Duration::zero(), Ms(10));
  EXPECT_EQ(feed(hold, at(400), 8), Event::window);
}

TEST(HoldMonitor, reckons_with_cohorts_that_a_window_just_missed) {
  const auto fell_after = [](std::uint64_t cohort) {
    HoldMonitor hold;
    hold.begin(Duration::zero(), Ms(120));
    World world = at(600);
    std::uint64_t at_once = cohort, spread = (75 - cohort) / 10;
    for (int i = 1; i <= 50; ++i) {
      Window window = world.window(8, 1, Ms(50));
      window.successes += spread + std::exchange(at_once, 0);
      if (i == 10) spread = 0;
      if (hold.add(window, 0.3, {}) == Event::fell) return true;
    }
    return false;
  };
  EXPECT_TRUE(fell_after(5));  // 75 more in the first window, evenly
  EXPECT_FALSE(fell_after(75));
}

TEST(HoldMonitor, binds_at_once_where_demand_never_leaves_the_limit_and_later_where_it_does) {
  const auto binds_after = [](double demand) {
    HoldMonitor hold;
    hold.begin(Duration::zero(), Ms(10));
    World world = at(600);
    for (int windows = 1; windows <= 20; ++windows) {
      Window window = world.window(8, 1, Ms(500));
      window.at_limit = from_seconds(demand * seconds(window.span));
      hold.add(window, 0.3, {});
      if (hold.binds()) return windows;
    }
    return 0;
  };
  EXPECT_EQ(binds_after(1), 2);
  EXPECT_EQ(binds_after(0.6), 5);
  EXPECT_EQ(binds_after(0.3), 0);
}

TEST(HoldMonitor, knows_by_how_much_a_noisy_host_scatters) {
  HoldMonitor quiet = holding(600), noisy = holding(600);
  for (int i = 0; i < 12; ++i) {
    feed(quiet, at(600), 1);
    feed(noisy, at(i % 2 == 0 ? 660 : 540), 1);
  }
  EXPECT_LT(quiet.scatter(), 0.1);
  EXPECT_NEAR(noisy.scatter(), 300 * 0.1 * 0.1, 1);
}

TEST(HoldMonitor, says_that_throughput_rose_when_two_windows_agree) {
  HoldMonitor hold = holding(600);
  EXPECT_EQ(feed(hold, at(780), 2), Event::rose);
}

TEST(HoldMonitor, forgives_one_odd_window) {
  HoldMonitor hold = holding(600);
  feed(hold, at(300), 1);
  EXPECT_EQ(feed(hold, at(600), 1), Event::window);
  EXPECT_EQ(feed(hold, at(300), 1), Event::window);
}

TEST(HoldMonitor, does_not_take_a_lull_for_a_loss_of_capacity) {
  HoldMonitor hold = holding(600);
  World light = at(600);
  light.demand = 200;
  EXPECT_EQ(feed(hold, light, 3), Event::window);
  EXPECT_FALSE(hold.binds());
}

TEST(HoldMonitor, reports_failing_and_late_answers) {
  HoldMonitor hold = holding(600);
  World failing = at(600);
  failing.failures = 0.2;
  EXPECT_EQ(feed(hold, failing, 2), Event::failing);
  HoldMonitor late = holding(600);
  EXPECT_EQ(feed(late, at(600), 2, Ms(5)), Event::failing);
}

TEST(HoldMonitor, binds_after_two_windows_at_the_limit) {
  HoldMonitor hold;
  hold.begin(Duration::zero(), Ms(10));
  feed(hold, at(600), 1);
  EXPECT_FALSE(hold.binds());
  feed(hold, at(600), 1);
  EXPECT_TRUE(hold.binds());
}

TEST(HoldMonitor, gives_what_is_fresh_once) {
  HoldMonitor hold = holding(600);
  EXPECT_EQ(hold.take_fresh()->successes, hold.pool()->successes);
  EXPECT_FALSE(hold.take_fresh());
  feed(hold, at(600), 1);
  EXPECT_NEAR(static_cast<double>(hold.take_fresh()->successes), 300, 1);
}

}  // namespace
}  // namespace sweetspot::tuner
