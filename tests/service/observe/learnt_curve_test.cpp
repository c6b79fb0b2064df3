#include "service/observe/learnt_curve.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace sweetspot::observe {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

tuner::Arm arm(int limit, double throughput) {
  return {.limit = limit,
          .samples = 100,
          .throughput = throughput,
          .in_flight = static_cast<double>(limit)};
}

control::Decision compared(tuner::Arm lo, tuner::Arm hi, std::int64_t unix_time_ms = 0) {
  control::Decision decision;
  decision.unix_time_ms = unix_time_ms;
  decision.verdict.lo = lo;
  decision.verdict.hi = hi;
  decision.verdict.elasticity = 0.7;
  decision.verdict.e_star = 0.32;
  return decision;
}

control::Decision capacity_fell() {
  control::Decision decision;
  decision.verdict.reason = tuner::Reason::capacity_fell;
  return decision;
}

std::vector<int> limits(const LearntCurve& curve) {
  std::vector<int> limits;
  for (const auto& point : curve.points) limits.push_back(point.arm.limit);
  return limits;
}

TEST(LearntCurve, has_a_point_for_each_limit_in_order) {
  const auto curve = learnt_curve({compared(arm(4, 400), arm(8, 600)),
                                   compared(arm(2, 200), arm(4, 400)), control::Decision{}});
  EXPECT_THAT(limits(curve), ElementsAre(2, 4, 8));
}

TEST(LearntCurve, pools_what_was_measured_at_one_limit_and_tells_how_far_it_lay_apart) {
  const auto curve =
      learnt_curve({compared(arm(4, 400), arm(8, 500)), compared(arm(8, 700), arm(16, 700))});
  const auto& eight = curve.points[1];
  EXPECT_THAT(eight.arm.throughput, DoubleNear(2 / (1 / 500.0 + 1 / 700.0), 0.01));
  EXPECT_EQ(eight.arm.samples, 200u);
  EXPECT_EQ(eight.throughput_low, 500);
  EXPECT_EQ(eight.throughput_high, 700);
}

TEST(LearntCurve, forgets_what_is_long_past) {
  const auto curve = learnt_curve(
      {compared(arm(4, 100), arm(8, 100)), compared(arm(4, 400), arm(8, 600), 3'600'000)});
  EXPECT_THAT(curve.points[0].arm.throughput, DoubleNear(400, 0.01));
}

TEST(LearntCurve, takes_from_before_a_change_of_capacity_only_what_nothing_newer_tells) {
  const auto curve = learnt_curve(
      {compared(arm(8, 600), arm(16, 700)), capacity_fell(), compared(arm(4, 200), arm(8, 300))});
  EXPECT_THAT(limits(curve), ElementsAre(4, 8, 16));
  EXPECT_THAT(curve.points[1].arm.throughput, DoubleNear(300, 0.01));
  EXPECT_FALSE(curve.points[1].is_stale);
  EXPECT_TRUE(curve.points[2].is_stale);
}

TEST(LearntCurve, takes_a_step_s_elasticity_from_its_comparison_or_else_from_its_ends) {
  const auto curve =
      learnt_curve({compared(arm(2, 200), arm(4, 400)), compared(arm(8, 600), arm(16, 700))});
  ASSERT_EQ(curve.steps.size(), 3u);
  EXPECT_EQ(curve.steps[0].elasticity, 0.7);
  EXPECT_TRUE(curve.steps[0].is_compared);
  EXPECT_THAT(curve.steps[1].elasticity, DoubleNear(std::log(1.5) / std::log(2.0), 1e-6));
  EXPECT_FALSE(curve.steps[1].is_compared);
  EXPECT_EQ(curve.e_star, 0.32);
}

TEST(LearntCurve, has_no_step_between_limits_at_which_as_much_was_in_flight) {
  tuner::Arm unused = arm(16, 600);
  unused.in_flight = 8;
  const auto curve =
      learnt_curve({compared(arm(4, 400), arm(8, 600)), compared(arm(1, 100), unused)});
  EXPECT_EQ(curve.steps.back().to, 8);
}

TEST(LearntCurve, leaves_out_an_arm_without_a_success) {
  tuner::Arm empty = arm(8, 0);
  empty.samples = 0;
  EXPECT_THAT(limits(learnt_curve({compared(arm(4, 400), empty)})), ElementsAre(4));
  EXPECT_THAT(learnt_curve({}).points, IsEmpty());
}

}  // namespace
}  // namespace sweetspot::observe
