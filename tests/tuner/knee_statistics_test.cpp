#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tuner/knee.hpp"

// How often the knee is right, and whether it knows when it is not: 200 curves of a pool of 16
// threads, each level's throughput off by some noise.
namespace sweetspot::tuner {
namespace {

constexpr int curves = 200;
constexpr double true_knee = 16;
constexpr double little = 0.8;  // a confidence below it is a low one

struct Score {
  int within_a_quarter = 0;
  int doubled_and_sure = 0;  // off by more than a factor 2, at a confidence that is not low
  int inside = 0;            // the truth lies within the interval
  double confidence = 0;     // mean
};

std::vector<CurvePoint> measured(double noise, bool says_so, std::mt19937_64& random) {
  std::normal_distribution<double> normal(0, noise);
  std::vector<CurvePoint> curve;
  for (int n = 1; n <= 128; n *= 2) {
    CurvePoint p;
    p.pool_size = n;
    p.throughput = 100 * std::min<double>(n, true_knee) * std::exp(normal(random));
    p.p99 = from_seconds(n / p.throughput);
    if (says_so) p.relative_ci = 1.96 * noise;
    curve.push_back(p);
  }
  return curve;
}

Score score(double noise, bool says_so) {
  std::mt19937_64 random(1);
  Score result;
  for (int i = 0; i < curves; ++i) {
    const Knee knee = find_knee(measured(noise, says_so, random), Objective::balanced);
    const double off = std::abs(std::log(knee.sweet_spot.value_or(1000) / true_knee));
    result.within_a_quarter += off <= std::log(1.25);
    result.doubled_and_sure += off > std::log(2.0) + 1e-9 && knee.confidence >= little;
    result.inside += knee.low <= true_knee && knee.high >= true_knee;
    result.confidence += knee.confidence / curves;
  }
  return result;
}

TEST(KneeStatistics, a_pool_of_16_is_found_in_95_of_100_curves_with_3_percent_noise) {
  for (const bool says_so : {true, false}) {
    const Score found = score(0.03, says_so);
    EXPECT_GE(found.within_a_quarter, curves * 95 / 100) << says_so;
    EXPECT_EQ(found.doubled_and_sure, 0) << says_so;
    EXPECT_GE(found.inside, curves * 95 / 100) << says_so;
    EXPECT_GT(found.confidence, little) << says_so;
  }
}

TEST(KneeStatistics, with_10_percent_noise_a_wrong_answer_is_an_unsure_one) {
  for (const bool says_so : {true, false}) {
    const Score found = score(0.1, says_so);
    EXPECT_EQ(found.doubled_and_sure, 0) << says_so;
    EXPECT_GE(found.inside, curves * 90 / 100) << says_so;
  }
}

TEST(KneeStatistics, more_noise_means_less_confidence) {
  double before = 1.1;
  for (const double noise : {0.01, 0.05, 0.1, 0.2}) {
    const double now = score(noise, true).confidence;
    EXPECT_LT(now, before) << noise;
    before = now;
  }
}

}  // namespace
}  // namespace sweetspot::tuner
