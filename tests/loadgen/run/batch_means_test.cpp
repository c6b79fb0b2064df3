#include "loadgen/run/batch_means.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;

TEST(BatchMeans, are_sure_of_a_constant_rate) {
  BatchMeans batches;
  for (int i = 0; i <= 100; ++i) batches.observe(i * 10ms, static_cast<std::uint64_t>(i) * 7);
  EXPECT_NEAR(*batches.relative_ci(), 0, 1e-9);
}

TEST(BatchMeans, need_no_more_room_for_a_day_than_for_a_minute) {
  BatchMeans batches;
  for (int i = 0; i <= 4'000'000; ++i) batches.observe(i * 20ms, static_cast<std::uint64_t>(i) * 7);
  EXPECT_LE(batches.kept(), 4096u);
  EXPECT_NEAR(*batches.relative_ci(), 0, 1e-3);
}

TEST(BatchMeans, say_nothing_before_there_is_enough) {
  BatchMeans batches;
  EXPECT_FALSE(batches.relative_ci());
  for (int i = 0; i < 10; ++i) batches.observe(i * 10ms, 1);
  EXPECT_FALSE(batches.relative_ci());
}

TEST(BatchMeans, say_nothing_of_a_rate_of_zero) {
  BatchMeans batches;
  for (int i = 0; i < 100; ++i) batches.observe(i * 10ms, 0);
  EXPECT_FALSE(batches.relative_ci());
}

TEST(BatchMeans, cover_the_true_rate_in_about_95_of_100_runs) {
  std::mt19937_64 random(5);
  int covered = 0;
  constexpr int runs = 2000;
  for (int run = 0; run < runs; ++run) {
    BatchMeans batches;
    std::uint64_t ended = 0;
    std::poisson_distribution<int> step(20);
    for (int i = 0; i <= 200; ++i) {
      batches.observe(i * 10ms, ended);
      if (i < 200) ended += static_cast<std::uint64_t>(step(random));
    }
    const double rate = static_cast<double>(ended) / 200;
    covered += std::abs(rate - 20) <= *batches.relative_ci() * rate;
  }
  EXPECT_NEAR(covered, 0.95 * runs, 0.02 * runs);
}

}  // namespace
}  // namespace sweetspot::loadgen
