#include "loadgen/run/scatter.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;

// Ten slices of a thousand latencies each, drawn with that much in common within a slice.
engine::Slices drawn(unsigned seed, double in_common) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  engine::Slices slices;
  for (int i = 0; i < 10; ++i) {
    const double shared = in_common * normal(random);
    for (int k = 0; k < 1000; ++k)
      slices.record(i * 100ms, tuner::from_seconds(0.01 * std::exp(shared + 0.3 * normal(random))));
  }
  return slices;
}

TEST(Scatter, of_independent_latencies_adds_little) {
  double sum = 0;
  for (unsigned seed = 1; seed <= 50; ++seed) sum += scatter_of(drawn(seed, 0)).p99;
  EXPECT_GE(sum / 50, 1.96);
  EXPECT_LT(sum / 50, 3);  // Student's t has 2.26 of ten slices
}

TEST(Scatter, of_latencies_that_are_alike_at_a_time_is_that_of_the_times) {
  // Of the medians of ten slices, each 0.3 off: a standard error of 0.3 / sqrt(10) in the
  // logarithm, where 10,000 independent ones with 0.42 would have 0.0053.
  double sum = 0;
  for (unsigned seed = 1; seed <= 50; ++seed) sum += scatter_of(drawn(seed, 0.3)).p50;
  EXPECT_NEAR(sum / 50, 2.26 * 0.095 / 0.0053, 12);
}

TEST(Scatter, covers_the_truth_as_often_as_it_says) {
  int covered = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    const auto slices = drawn(seed, 0.3);
    tuner::Histogram whole;
    for (const auto& slice : slices.all()) whole.merge(slice);
    const auto [low, high] = whole.quantile_interval(0.5, scatter_of(slices).p50);
    covered += low <= 10ms && 10ms <= high;
  }
  EXPECT_GE(covered, 180);
}

TEST(Scatter, of_too_few_slices_says_nothing) {
  engine::Slices slices;
  slices.record(0ms, 1ms);
  slices.record(100ms, 2ms);
  EXPECT_EQ(scatter_of(slices).p50, 1.96);
  EXPECT_EQ(scatter_of({}).p99, 1.96);
}

}  // namespace
}  // namespace sweetspot::loadgen
