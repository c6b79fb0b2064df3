#include "tuner/knee.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace sweetspot::tuner {
namespace {

using Ms = std::chrono::milliseconds;

CurvePoint point(int size, double throughput, int p99_ms) {
  CurvePoint p;
  p.pool_size = size;
  p.throughput = throughput;
  p.p99 = Ms(p99_ms);
  return p;
}

std::vector<CurvePoint> document() {
  return {point(1, 100, 10),  point(4, 400, 10),  point(8, 600, 15),
          point(16, 700, 30), point(32, 720, 80), point(64, 720, 200)};
}

TEST(Knee, of_the_documents_table_is_8_balanced_and_16_for_throughput) {
  EXPECT_EQ(find_knee(document(), Objective::balanced).sweet_spot, 8);
  EXPECT_EQ(find_knee(document(), Objective::throughput).sweet_spot, 16);
}

TEST(Knee, says_why) {
  const Knee knee = find_knee(document(), Objective::balanced);
  EXPECT_EQ(knee.reason, "plateau");
  EXPECT_EQ(knee.sentence,
            "8: doubling from 8 to 16 brought +17 % throughput for +100 % in flight "
            "(elasticity 0.22 < 0.40), p99 15 → 30 ms");
  EXPECT_EQ(knee.low, 4);
  EXPECT_EQ(knee.high, 16);
  EXPECT_GT(knee.confidence, 0.9);
}

TEST(Knee, is_not_reached_while_the_curve_rises) {
  const Knee knee =
      find_knee({point(1, 100, 10), point(2, 199, 10), point(4, 390, 10)}, Objective::balanced);
  EXPECT_FALSE(knee.sweet_spot);
  EXPECT_EQ(knee.reason, "not_reached");
  EXPECT_EQ(knee.low, 4);
}

TEST(Knee, needs_two_levels) {
  EXPECT_EQ(find_knee({}, Objective::balanced).reason, "too_few_levels");
  EXPECT_EQ(find_knee({point(8, 100, 1), point(8, 110, 1)}, Objective::balanced).reason,
            "too_few_levels");
}

TEST(Knee, is_the_first_level_where_more_loses) {
  const Knee knee =
      find_knee({point(4, 500, 8), point(8, 400, 20), point(16, 300, 50)}, Objective::balanced);
  EXPECT_EQ(knee.sweet_spot, 4);
  EXPECT_EQ(knee.reason, "throughput_loss");
}

TEST(Knee, is_where_latency_degrades_though_throughput_gains) {
  const Knee knee =
      find_knee({point(4, 400, 10), point(8, 640, 80), point(16, 700, 200)}, Objective::balanced);
  EXPECT_EQ(knee.sweet_spot, 4);
  EXPECT_EQ(knee.reason, "latency");
  EXPECT_EQ(knee.sentence,
            "4: doubling from 4 to 8 brought +60 % throughput for +100 % in flight "
            "(elasticity 0.68 > 0.40), p99 10 → 80 ms, more than 1.75 times a doubling");
}

// Ten threads that take 100 ms each: at 11 in flight one waits, and p99 has to show it.
TEST(Knee, of_a_pool_lies_beside_it_on_a_ladder_of_half_steps) {
  const Knee knee = find_knee({point(4, 40, 101), point(6, 60, 102), point(8, 80, 103),
                               point(11, 100, 150), point(16, 101, 200)},
                              Objective::balanced);
  EXPECT_EQ(knee.sweet_spot, 11);
  EXPECT_EQ(knee.reason, "plateau");
  EXPECT_FALSE(
      judge_step(point(8, 80, 103), point(11, 100, 150), Objective::balanced).latency_degrades);
  EXPECT_TRUE(
      judge_step(point(8, 80, 103), point(11, 100, 190), Objective::balanced).latency_degrades);
}

TEST(Knee, p99_does_not_creep_up_a_fine_ladder) {
  std::vector<CurvePoint> curve;
  for (int size = 10; size <= 80; size = size * 5 / 4) {  // each step raises it by 1.33
    const double steps = std::log(size / 10.0) / std::log(1.25);
    curve.push_back(
        point(size, 100 * std::pow(size, 0.8), static_cast<int>(100 * std::pow(1.33, steps))));
  }
  const Knee knee = find_knee(curve, Objective::balanced);
  EXPECT_EQ(knee.reason, "latency");
  EXPECT_LE(knee.sweet_spot, 20);
  EXPECT_NE(knee.sentence.find("more than 1.75 times a doubling since 10 with 100 ms"),
            std::string::npos)
      << knee.sentence;
}

TEST(Knee, steps_over_one_level_that_dips) {
  const Knee knee =
      find_knee({point(1, 100, 10), point(2, 95, 10), point(4, 400, 10), point(8, 410, 20)},
                Objective::balanced);
  EXPECT_EQ(knee.sweet_spot, 4);
}

TEST(Knee, by_a_bound_is_the_largest_size_within_it) {
  EXPECT_EQ(find_knee(document(), Objective::latency, {}, Ms(20)).sweet_spot, 8);
  EXPECT_EQ(find_knee(document(), Objective::latency, {}, Ms(100)).sweet_spot, 32);
  EXPECT_EQ(find_knee(document(), Objective::latency, {}, Ms(1000)).reason, "not_reached");
  EXPECT_FALSE(find_knee(document(), Objective::latency, {}, Ms(5)).sweet_spot);
}

TEST(Knee, takes_in_flight_as_measured_over_the_nominal_size) {
  auto curve = document();
  for (CurvePoint& p : curve) p.in_flight = std::min(p.pool_size, 8);  // eight clients only
  const Knee knee = find_knee(curve, Objective::balanced);
  EXPECT_FALSE(knee.sweet_spot);
}

TEST(Knee, is_less_sure_of_noisy_levels) {
  auto sure = document(), noisy = document();
  for (CurvePoint& p : sure) p.relative_ci = 0.01;
  for (CurvePoint& p : noisy) p.relative_ci = 0.2;
  EXPECT_GT(find_knee(sure, Objective::balanced).confidence, 0.99);
  EXPECT_LT(find_knee(noisy, Objective::balanced).confidence, 0.8);
}

RC_GTEST_PROP(Knee, does_not_depend_on_the_order_of_the_rows, ()) {
  auto curve = document();
  const auto seed = *rc::gen::arbitrary<unsigned>();
  std::shuffle(curve.begin(), curve.end(), std::mt19937(seed));
  RC_ASSERT(find_knee(curve, Objective::balanced).sweet_spot == 8);
  RC_ASSERT(find_knee(curve, Objective::throughput).sweet_spot == 16);
}

RC_GTEST_PROP(Knee, does_not_depend_on_the_units, ()) {
  auto curve = document();
  const double unit = std::pow(10.0, *rc::gen::inRange(-6, 7));
  const auto slower = *rc::gen::inRange(1, 100);
  for (CurvePoint& p : curve) {
    p.throughput *= unit;
    p.p99 *= slower;
  }
  RC_ASSERT(find_knee(curve, Objective::balanced).sweet_spot == 8);
  RC_ASSERT(find_knee(curve, Objective::throughput).sweet_spot == 16);
}

RC_GTEST_PROP(Knee, is_always_one_of_the_levels_with_a_finite_confidence, ()) {
  const auto raw = *rc::gen::container<std::vector<std::tuple<int, double, int>>>(rc::gen::tuple(
      rc::gen::inRange(-5, 300), rc::gen::arbitrary<double>(), rc::gen::inRange(-10, 5000)));
  std::vector<CurvePoint> curve;
  for (const auto& [size, x, p99] : raw) curve.push_back(point(size, x, p99));
  for (Objective objective : {Objective::balanced, Objective::throughput, Objective::latency}) {
    const Knee knee = find_knee(curve, objective, {}, Ms(100));
    RC_ASSERT(knee.confidence >= 0 && knee.confidence <= 1);
    RC_ASSERT(!knee.sentence.empty());
    if (!knee.sweet_spot) continue;
    RC_ASSERT(std::any_of(curve.begin(), curve.end(),
                          [&](const CurvePoint& p) { return p.pool_size == *knee.sweet_spot; }));
  }
}

}  // namespace
}  // namespace sweetspot::tuner
