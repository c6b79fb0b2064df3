#include "service/control/load_curve.hpp"

#include <gtest/gtest.h>

namespace sweetspot::control {
namespace {

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
  decision.unix_time_ms = at;
  return decision;
}

std::vector<int> limits_of(const LoadCurve& curve) {
  std::vector<int> limits;
  for (const auto& point : curve.points()) limits.push_back(point.arm.limit);
  return limits;
}

TEST(LoadCurve, keeps_what_was_measured_last_at_each_limit) {
  LoadCurve curve;
  curve.note(compared(arm(8, 590), arm(16, 700), 1));
  curve.note(compared(arm(4, 400), arm(8, 594), 2));
  EXPECT_EQ(limits_of(curve), (std::vector{4, 8, 16}));
  EXPECT_EQ(curve.points()[1].arm.throughput, 594);
  EXPECT_EQ(curve.points()[1].unix_time_ms, 2);
}

TEST(LoadCurve, takes_no_arm_that_served_nothing) {
  LoadCurve curve;
  auto empty = arm(8, 0);
  empty.samples = 0;
  curve.note(compared(empty, empty, 1));
  EXPECT_TRUE(curve.points().empty());
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
