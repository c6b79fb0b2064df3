#include "loadgen/knee/votes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace sweetspot::loadgen {
namespace {

using tuner::CurvePoint;

CurvePoint point(int size, double throughput) {
  CurvePoint p;
  p.pool_size = size;
  p.throughput = throughput;
  return p;
}

std::vector<CurvePoint> pool_of_16() {
  std::vector<CurvePoint> curve;
  for (int n = 1; n <= 128; n *= 2) curve.push_back(point(n, 100 * std::min(n, 16) + n / 64.0));
  return curve;
}

std::optional<double> vote(const std::string& detector, const std::vector<CurvePoint>& curve) {
  for (const Vote& each : votes(curve)) {
    if (each.detector == detector) return each.size;
  }
  return {};
}

TEST(Votes, agree_on_a_pool_of_16) {
  EXPECT_EQ(vote("kneedle", pool_of_16()), 16);
  EXPECT_EQ(vote("last_gain", pool_of_16()), 16);
  EXPECT_EQ(vote("near_plateau", pool_of_16()), 16);
}

TEST(Votes, see_no_knee_in_a_curve_that_rises) {
  const std::vector<CurvePoint> curve{point(1, 100), point(2, 200), point(4, 400), point(8, 800)};
  EXPECT_FALSE(vote("last_gain", curve));
  EXPECT_FALSE(vote("usl", curve));
}

TEST(Votes, need_three_levels) { EXPECT_TRUE(votes({point(1, 1), point(2, 2)}).empty()); }

TEST(ScalabilityFit, finds_the_coefficients_that_made_the_curve) {
  std::vector<CurvePoint> curve;
  for (int n = 1; n <= 64; n *= 2) {
    curve.push_back(point(n, 100.0 * n / (1 + 0.05 * (n - 1) + 0.001 * n * (n - 1))));
  }
  const auto fit = fit_scalability(curve);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->lambda, 100, 0.01);
  EXPECT_NEAR(fit->sigma, 0.05, 1e-5);
  EXPECT_NEAR(fit->kappa, 0.001, 1e-6);
  EXPECT_NEAR(fit->r2, 1, 1e-9);
  EXPECT_NEAR(*fit->peak, std::sqrt(0.95 / 0.001), 0.1);
  EXPECT_FALSE(fit->is_extrapolated);
}

TEST(ScalabilityFit, flags_a_peak_beyond_the_levels) {
  std::vector<CurvePoint> curve;
  for (int n = 1; n <= 8; n *= 2) {
    curve.push_back(point(n, 100.0 * n / (1 + 0.05 * (n - 1) + 0.001 * n * (n - 1))));
  }
  EXPECT_TRUE(fit_scalability(curve)->is_extrapolated);
}

}  // namespace
}  // namespace sweetspot::loadgen
