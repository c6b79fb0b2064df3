#include "service/control/load_curve.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace sweetspot::control {
namespace {

using testing::DoubleNear;
using testing::IsEmpty;
using tuner::Objective;
using tuner::Reason;

tuner::Arm arm(int limit, double throughput) {
  return {.limit = limit,
          .samples = 4000,
          .throughput = throughput,
          .in_flight = static_cast<double>(limit),
          .p50 = std::chrono::milliseconds(10),
          .p99 = std::chrono::milliseconds(15)};
}

Decision compared(tuner::Arm lo, tuner::Arm hi, std::int64_t at, Reason reason = Reason::plateau) {
  Decision decision;
  decision.verdict.reason = reason;
  decision.verdict.lo = lo;
  decision.verdict.hi = hi;
  decision.verdict.elasticity = 0.7;
  decision.unix_time_ms = at;
  return decision;
}

std::vector<int> limits_of(const LoadCurve& curve) {
  std::vector<int> limits;
  for (const auto& point : curve.points()) limits.push_back(point.arm.limit);
  return limits;
}

TEST(LoadCurve, has_a_point_for_each_limit_in_order) {
  LoadCurve curve;
  curve.note(compared(arm(8, 590), arm(16, 700), 1));
  curve.note(Decision{});
  curve.note(compared(arm(4, 400), arm(8, 594), 2));
  EXPECT_EQ(limits_of(curve), (std::vector{4, 8, 16}));
  EXPECT_EQ(curve.points()[1].unix_time_ms, 2);
}

TEST(LoadCurve, pools_what_was_measured_at_one_limit_and_tells_how_far_it_lay_apart) {
  LoadCurve curve;
  curve.note(compared(arm(4, 400), arm(8, 500), 1));
  curve.note(compared(arm(8, 700), arm(16, 700), 1));
  const auto eight = curve.points()[1];
  EXPECT_THAT(eight.arm.throughput, DoubleNear(2 / (1 / 500.0 + 1 / 700.0), 0.01));
  EXPECT_EQ(eight.arm.samples, 8000u);
  EXPECT_EQ(eight.throughput_low, 500);
  EXPECT_EQ(eight.throughput_high, 700);
}

TEST(LoadCurve, forgets_what_is_long_past) {
  LoadCurve curve;
  curve.note(compared(arm(4, 100), arm(8, 100), 0));
  curve.note(compared(arm(4, 400), arm(8, 600), 3'600'000));
  EXPECT_THAT(curve.points()[0].arm.throughput, DoubleNear(400, 0.01));
  for (int i = 0; i < 4; ++i) curve.note(compared(arm(4, 400), arm(8, 600), 3'600'000));
  EXPECT_EQ(curve.points()[0].throughput_low, 400);
}

TEST(LoadCurve, takes_a_step_s_elasticity_from_its_comparison_or_else_from_its_ends) {
  LoadCurve curve;
  curve.note(compared(arm(2, 200), arm(4, 400), 1));
  curve.note(compared(arm(8, 600), arm(16, 700), 2));
  const auto steps = curve.steps();
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0], (LoadCurve::Step{2, 4, 0.7, true}));
  EXPECT_THAT(steps[1].elasticity, DoubleNear(std::log(1.5) / std::log(2.0), 1e-6));
  EXPECT_FALSE(steps[1].is_compared);
}

TEST(LoadCurve, has_no_step_between_limits_at_which_about_as_much_was_in_flight) {
  LoadCurve curve;
  auto unused = arm(16, 600);
  unused.in_flight = 8.5;
  curve.note(compared(arm(4, 400), arm(8, 600), 1));
  curve.note(compared(arm(8, 600), unused, 2));
  ASSERT_EQ(curve.steps().size(), 1u);
  EXPECT_EQ(curve.steps()[0].to, 8);
}

TEST(LoadCurve, has_no_step_from_or_to_what_is_not_judged) {
  LoadCurve curve;
  curve.note(compared(arm(4, 400), arm(8, 600), 1));
  Decision fell;
  fell.verdict.reason = Reason::capacity_fell;
  curve.note(fell);
  curve.note(compared(arm(2, 100), arm(8, 300), 2));
  ASSERT_EQ(curve.steps().size(), 1u);
  EXPECT_EQ(curve.steps()[0].from, 2);
  EXPECT_EQ(curve.steps()[0].to, 8);
  EXPECT_EQ(curve.points()[2].arm.throughput, 300);
}

TEST(LoadCurve, takes_no_arm_that_served_nothing) {
  LoadCurve curve;
  auto empty = arm(8, 0);
  empty.samples = 0;
  curve.note(compared(empty, empty, 1));
  curve.restore({{.arm = empty, .unix_time_ms = 1}});
  EXPECT_THAT(curve.points(), IsEmpty());
  EXPECT_THAT(curve.steps(), IsEmpty());
}

TEST(LoadCurve, finds_the_knee_of_the_founding_table) {
  LoadCurve curve;
  curve.note(compared(arm(4, 400), arm(8, 600), 1));
  curve.note(compared(arm(16, 700), arm(32, 720), 2));
  EXPECT_EQ(curve.knee(Objective::balanced, {}, {}).sweet_spot, 8);
  EXPECT_EQ(curve.knee(Objective::throughput, {}, {}).sweet_spot, 16);
  EXPECT_EQ(curve.knee(Objective::balanced, 0.1, {}).sweet_spot, 16);
}

TEST(LoadCurve, judges_nothing_of_another_capacity_or_run) {
  LoadCurve curve;
  curve.restore({{.arm = arm(8, 6), .unix_time_ms = 1}, {.arm = arm(16, 60), .unix_time_ms = 1}});
  EXPECT_TRUE(curve.points()[0].stale);
  EXPECT_EQ(curve.knee(Objective::balanced, {}, {}).reason, "too_few_levels");
  curve.note(compared(arm(8, 600), arm(16, 620), 2));
  EXPECT_FALSE(curve.points()[0].stale);
  EXPECT_EQ(curve.knee(Objective::balanced, {}, {}).sweet_spot, 8);
  Decision fell;
  fell.verdict.reason = Reason::capacity_fell;
  curve.note(fell);
  EXPECT_TRUE(curve.points()[0].stale);
  EXPECT_EQ(curve.knee(Objective::balanced, {}, {}).reason, "too_few_levels");
}

TEST(LoadCurve, does_not_let_an_earlier_run_replace_what_is_known) {
  LoadCurve curve;
  curve.note(compared(arm(4, 400), arm(8, 600), 5));
  curve.restore({{.arm = arm(8, 6), .unix_time_ms = 1}, {.arm = arm(64, 720), .unix_time_ms = 1}});
  EXPECT_EQ(curve.points()[1].arm.throughput, 600);
  EXPECT_FALSE(curve.points()[1].stale);
  EXPECT_TRUE(curve.points()[2].stale);
}

TEST(LoadCurve, is_bounded_and_forgets_what_is_oldest) {
  LoadCurve curve;
  for (int limit = 1; limit <= 1000; ++limit)
    curve.note(compared(arm(limit, limit), arm(limit, limit), limit));
  EXPECT_EQ(curve.points().size(), LoadCurve::capacity);
  EXPECT_EQ(curve.points().back().arm.limit, 1000);
}

}  // namespace
}  // namespace sweetspot::control
