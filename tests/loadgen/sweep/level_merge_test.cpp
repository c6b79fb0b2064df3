#include "loadgen/sweep/level_merge.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;

Level measured(double throughput, std::optional<double> relative_ci = 0.02) {
  Level level;
  level.pool_size = 8;
  level.throughput = throughput;
  level.relative_ci = relative_ci;
  level.p99 = 10ms;
  level.requests = 100;
  level.valid = true;
  level.latency.record(5ms, 100);
  return level;
}

TEST(LevelMerge, of_one_is_that_one) { EXPECT_EQ(merged({measured(100)}).throughput, 100); }

TEST(LevelMerge, adds_counts_up_and_takes_means) {
  const Level level = merged({measured(90), measured(110)});
  EXPECT_DOUBLE_EQ(level.throughput, 100);
  EXPECT_EQ(level.requests, 200u);
  EXPECT_EQ(level.latency.count(), 200u);
  EXPECT_EQ(level.p99, 10ms);
}

TEST(LevelMerge, is_surer_than_its_parts_unless_they_differ) {
  EXPECT_NEAR(*merged({measured(100), measured(100)}).relative_ci, 0.02 / std::sqrt(2), 1e-9);
  // Two that are 20 % apart: a standard error of 10 %, at one degree of freedom.
  EXPECT_NEAR(*merged({measured(90), measured(110)}).relative_ci, 12.71 * 0.1, 1e-9);
  EXPECT_FALSE(merged({measured(90), measured(110, {})}).relative_ci);
}

TEST(LevelMerge, is_not_valid_where_one_is_not) {
  Level spoilt = measured(100);
  spoilt.valid = false;
  spoilt.invalid = "client_cpu";
  EXPECT_EQ(merged({measured(100), spoilt}).invalid, "client_cpu");
  EXPECT_FALSE(merged({measured(100), spoilt}).valid);
}

}  // namespace
}  // namespace sweetspot::loadgen
