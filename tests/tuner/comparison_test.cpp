#include "tuner/comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/tuner/world.hpp"

namespace sweetspot::tuner {
namespace {

using std::chrono::seconds;

// Two slices at a limit, each as long as it takes for n successes.
ArmData arm(World world, int limit, double n) {
  ArmData data;
  for (int i = 0; i < 2; ++i)
    data.add(world.window(limit, 1, from_seconds(n / world.rate(limit) / 2)), 0.3);
  return data;
}

World disk() { return World{.rate = disk_rate}; }

Rule balanced(bool up) { return {.up = up, .e_star = 0.32}; }
Rule throughput(bool up) { return {.up = up, .objective = Objective::throughput, .e_star = 0.15}; }

TEST(Figures, of_the_documents_table_are_its_elasticities) {
  const auto e = [](int lo, int hi) {
    return figures(arm(disk(), lo, 4000), arm(disk(), hi, 4000), 0.32, 0.3).elasticity;
  };
  EXPECT_NEAR(e(4, 8), 0.585, 0.005);
  EXPECT_NEAR(e(8, 16), 0.222, 0.005);
  EXPECT_NEAR(e(16, 32), 0.041, 0.005);
}

TEST(Judgement, of_a_smaller_limit_asks_that_it_serve_all_where_all_is_served) {
  World world = disk();
  world.demand = 660;
  const ArmData half = arm(disk(), 8, 2000), held = arm(world, 16, 2000);
  ASSERT_LT(held.sum.at_limit_share(), always_binding);
  const auto ruling = judge(half, held, balanced(false), 0.3, false);
  ASSERT_TRUE(ruling);
  EXPECT_FALSE(ruling->move);  // 60 a second would wait
  EXPECT_EQ(ruling->reason, Reason::smaller_is_worse);
  World enough = disk();
  enough.rate = [](int) { return 655; };
  const auto other = judge(arm(enough, 8, 2000), held, balanced(false), 0.3, false);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->reason, Reason::smaller_is_enough);
}

TEST(Figures, reckon_with_poisson_where_a_limit_does_not_bind) {
  World light = disk();
  light.demand = 100;
  const double free = figures(arm(light, 8, 100), arm(light, 16, 100), 0.32, 0.3).error;
  const double bound = figures(arm(disk(), 8, 100), arm(disk(), 16, 100), 0.32, 0.3).error;
  EXPECT_GT(free, 1.5 * bound);
}

TEST(Figures, are_finite_without_a_single_success) {
  const ArmData nothing{Window(), 1};
  const Figures f = figures(nothing, nothing, 0.32, 0.3);
  EXPECT_TRUE(std::isfinite(f.z));
  EXPECT_TRUE(std::isfinite(f.elasticity));
}

TEST(Judge, climbs_where_the_elasticity_is_above_e_star) {
  const auto ruling = judge(arm(disk(), 4, 200), arm(disk(), 8, 200), balanced(true), 0.3, false);
  ASSERT_TRUE(ruling);
  EXPECT_TRUE(ruling->move);
  EXPECT_EQ(ruling->reason, Reason::throughput_gain);
}

TEST(Judge, stays_where_the_elasticity_is_below_e_star) {
  const auto ruling =
      judge(arm(disk(), 8, 1500), arm(disk(), 16, 1500), balanced(true), 0.3, false);
  ASSERT_TRUE(ruling);
  EXPECT_FALSE(ruling->move);
  EXPECT_EQ(ruling->reason, Reason::plateau);
}

TEST(Judge, asks_for_more_where_the_evidence_is_slight) {
  EXPECT_FALSE(judge(arm(disk(), 8, 100), arm(disk(), 16, 100), throughput(true), 0.3, false));
}

TEST(Judge, rules_by_the_point_estimate_when_time_is_up) {
  const auto up = judge(arm(disk(), 8, 200), arm(disk(), 16, 200), throughput(true), 0.3, true);
  ASSERT_TRUE(up);
  EXPECT_TRUE(up->move);
  const auto down = judge(arm(disk(), 16, 200), arm(disk(), 32, 200), throughput(false), 0.3, true);
  ASSERT_TRUE(down);
  EXPECT_TRUE(down->move);
  EXPECT_EQ(down->reason, Reason::smaller_is_enough);
}

TEST(Judge, refines_upwards_only_on_more_than_a_slight_hint) {
  Rule half = throughput(true);
  half.refine = true;
  const auto slight = judge(arm(disk(), 8, 200), arm(disk(), 11, 200), half, 0.3, true);
  ASSERT_TRUE(slight);
  EXPECT_FALSE(slight->move);
  ArmData lo = arm(disk(), 8, 20000), hi = arm(disk(), 11, 20000);
  const auto two_pairs = judge(lo, hi, half, 0.3, true);
  ASSERT_TRUE(two_pairs);
  EXPECT_FALSE(two_pairs->move);
  lo.slices = hi.slices = 3;
  const auto plain = judge(lo, hi, half, 0.3, true);
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->move);
}

TEST(Judge, wants_a_second_slice_before_it_climbs) {
  ArmData lo = arm(disk(), 4, 200), hi = arm(disk(), 8, 200);
  lo.slices = hi.slices = 1;
  EXPECT_FALSE(judge(lo, hi, balanced(true), 0.3, false));
}

TEST(Judge, refuses_after_one_pair_what_plainly_does_not_pay) {
  const auto one = [](World world, int limit, double n) {
    ArmData data;
    data.add(world.window(limit, 1, from_seconds(n / world.rate(limit))), 0.3);
    return data;
  };
  World thrash{.rate = [](int limit) { return limit <= 8 ? 600.0 : 400.0; }};
  const auto ruling =
      judge(one(thrash, 8, 100), one(thrash, 16, 100), throughput(true), 0.3, false);
  ASSERT_TRUE(ruling);
  EXPECT_FALSE(ruling->move);
  World flat{.rate = [](int) { return 600.0; }};
  EXPECT_FALSE(judge(one(flat, 8, 100), one(flat, 16, 100), throughput(true), 0.3, false));
}

TEST(Judge, never_climbs_where_the_limit_does_not_bind) {
  World light = disk();
  light.demand = 200;
  const auto ruling = judge(arm(light, 4, 400), arm(disk(), 8, 400), balanced(true), 0.3, true);
  ASSERT_TRUE(ruling);
  EXPECT_FALSE(ruling->move);
  EXPECT_EQ(ruling->reason, Reason::not_binding);
}

TEST(Judge, climbs_without_growth_only_to_relieve_shedding) {
  World same = disk();
  same.in_flight_at = [](int) { return 7.5; };
  same.rate = [](int) { return 600.0; };
  same.shed_at = [](int limit) { return limit <= 8 ? 0.1 : 0.01; };
  const auto relieved = judge(arm(same, 8, 200), arm(same, 16, 200), balanced(true), 0.3, false);
  ASSERT_TRUE(relieved);
  EXPECT_TRUE(relieved->move);
  EXPECT_EQ(relieved->reason, Reason::shedding_relieved);
  same.shed_at = {};
  EXPECT_EQ(judge(arm(same, 8, 200), arm(same, 16, 200), balanced(true), 0.3, false)->reason,
            Reason::not_binding);
}

TEST(Judge, lets_no_gain_pay_for_failures_or_late_answers) {
  World failing{.rate = [](int limit) { return 100.0 * limit; }};
  failing.failures_at = [](int limit) { return limit > 4 ? 0.3 : 0.0; };
  EXPECT_EQ(judge(arm(failing, 4, 300), arm(failing, 8, 300), balanced(true), 0.3, false)->reason,
            Reason::failures);
  World slower{.rate = [](int limit) { return 200.0 * std::sqrt(limit); }};  // 10 ms at 4, 14 at 8
  Rule rule = balanced(true);
  rule.late_after = std::chrono::milliseconds(12);
  EXPECT_EQ(judge(arm(slower, 4, 200), arm(slower, 8, 200), rule, 0.3, false)->reason,
            Reason::latency_degraded);
}

TEST(Judge, refuses_a_p99_beyond_what_the_objective_tolerates) {
  World calm = disk(), jumpy = disk();
  jumpy.slow = 3;
  const auto ruling = judge(arm(calm, 4, 400), arm(jumpy, 8, 400), balanced(true), 0.3, false);
  ASSERT_TRUE(ruling);
  EXPECT_FALSE(ruling->move);
  EXPECT_EQ(ruling->reason, Reason::latency_degraded);
}

TEST(Judge, tells_a_loss_from_a_plateau) {
  World thrash{.rate = [](int limit) { return limit <= 8 ? 600.0 : 300.0; }};
  EXPECT_EQ(judge(arm(thrash, 8, 400), arm(thrash, 16, 400), balanced(true), 0.3, false)->reason,
            Reason::throughput_loss);
}

TEST(Judge, descends_only_where_less_is_enough) {
  const auto enough =
      judge(arm(disk(), 16, 900), arm(disk(), 64, 900), balanced(false), 0.3, false);
  ASSERT_TRUE(enough);
  EXPECT_TRUE(enough->move);
  const auto worse = judge(arm(disk(), 4, 300), arm(disk(), 8, 300), balanced(false), 0.3, false);
  ASSERT_TRUE(worse);
  EXPECT_FALSE(worse->move);
  EXPECT_EQ(worse->reason, Reason::smaller_is_worse);
}

TEST(Judge, does_not_descend_into_shedding) {
  World world = disk();
  world.shed_at = [](int limit) { return limit < 32 ? 0.05 : 0.0; };
  const auto ruling = judge(arm(world, 16, 900), arm(world, 64, 900), balanced(false), 0.3, false);
  ASSERT_TRUE(ruling);
  EXPECT_FALSE(ruling->move);
}

TEST(Judge, by_a_bound_takes_the_largest_limit_whose_p99_meets_it) {
  Rule rule{
      .up = true, .objective = Objective::latency, .p99_bound = std::chrono::milliseconds(20)};
  const auto within = judge(arm(disk(), 4, 800), arm(disk(), 8, 800), rule, 0.3, false);
  ASSERT_TRUE(within);
  EXPECT_TRUE(within->move);
  EXPECT_EQ(within->reason, Reason::p99_bound_met);
  const auto beyond = judge(arm(disk(), 8, 800), arm(disk(), 16, 800), rule, 0.3, false);
  ASSERT_TRUE(beyond);
  EXPECT_FALSE(beyond->move);
  EXPECT_EQ(beyond->reason, Reason::p99_bound_missed);
}

TEST(Judge, asks_for_little_where_it_is_urgent_to_descend) {
  const World flat{.rate = [](int) { return 400.0; }};
  Rule rule = throughput(false);
  EXPECT_FALSE(judge(arm(flat, 4, 40), arm(flat, 16, 40), rule, 0.3, false));
  rule.urgent = true;
  const auto ruling = judge(arm(flat, 4, 40), arm(flat, 16, 40), rule, 0.3, false);
  ASSERT_TRUE(ruling);
  EXPECT_EQ(ruling->reason, Reason::smaller_is_enough);
}

TEST(Judge, does_not_descend_in_a_hurry_from_a_limit_that_is_worth_it) {
  Rule rule = throughput(false);
  rule.urgent = true;
  const auto ruling = judge(arm(disk(), 4, 60), arm(disk(), 16, 60), rule, 0.3, false);
  EXPECT_TRUE(!ruling || !ruling->move);
}

TEST(Judge, does_not_take_the_begin_of_an_outage_for_a_plain_gain) {
  Rule rule = balanced(true);
  rule.first = true;
  const auto gains = [&](double rate, double failures) {
    World world{.rate = [rate](int limit) { return limit > 4 ? 600 : rate; }};
    ArmData hi, lo;
    hi.add(world.window(8, 1, seconds(1)), 0.3);
    world.failures = failures;
    lo.add(world.window(4, 1, seconds(1)), 0.3);
    const auto ruling = judge(lo, hi, rule, 0.3, false);
    return ruling && ruling->move;
  };
  EXPECT_TRUE(gains(300, 0));
  EXPECT_FALSE(gains(400, 0.25));  // 300 successes, too
}

TEST(Judge, wants_a_third_pair_of_slices_to_leave_a_hold) {
  World flat{.rate = [](int) { return 600.0; }};
  Rule rule = balanced(false);
  rule.settled = true;
  const auto after = [&](int slices) {
    ArmData lo, hi;
    for (int i = 0; i < slices; ++i) {
      lo.add(flat.window(8, 1, seconds(1)), 0.3);
      hi.add(flat.window(16, 1, seconds(1)), 0.3);
    }
    const auto ruling = judge(lo, hi, rule, 0.3, false);
    return ruling && ruling->move;
  };
  EXPECT_FALSE(after(2));
  EXPECT_TRUE(after(3));
}

TEST(ArmData, keeps_only_the_newest_slice_when_the_world_has_changed) {
  World before{.rate = [](int) { return 600.0; }}, after{.rate = [](int) { return 300.0; }};
  ArmData data;
  data.add(before.window(8, 1, seconds(1)), 0.3);
  data.add(before.window(8, 1, seconds(1)), 0.3);
  EXPECT_EQ(data.slices, 2);
  data.add(after.window(8, 1, seconds(1)), 0.3);
  EXPECT_EQ(data.slices, 1);
  EXPECT_NEAR(data.sum.throughput(), 300, 1);
}

TEST(ArmData, takes_a_cohort_that_a_slice_just_missed_for_no_change_of_the_world) {
  World with{.rate = [](int) { return 384.0; }}, without{.rate = [](int) { return 256.0; }};
  ArmData even, bursts;
  for (World* world : {&with, &without}) {
    const Window slice = world->window(128, 1, seconds(1));
    even.add(slice, 0.3);
    bursts.add(slice, 0.3, 100);
  }
  EXPECT_EQ(even.slices, 1);
  EXPECT_EQ(bursts.slices, 2);
  EXPECT_NEAR(bursts.sum.throughput(), 320, 1);
}

TEST(Figures, have_the_larger_error_where_answers_come_in_bursts) {
  ArmData lo = arm(disk(), 8, 400), hi = arm(disk(), 16, 400);
  const double before = figures(lo, hi, 0.15, 0.3).error;
  lo.uneven = 40.0 * 40 / 4;
  const double counted = static_cast<double>(lo.sum.successes) + 0.5;
  EXPECT_NEAR(figures(lo, hi, 0.15, 0.3).error, std::hypot(before, 20 / counted), 1e-9);
}

}  // namespace
}  // namespace sweetspot::tuner
