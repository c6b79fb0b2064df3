#include <gtest/gtest.h>

#include "service/config/settings.hpp"

namespace sweetspot::config {
namespace {

Limit starting(Initial::Kind kind, int number = 0) {
  return {.initial = {kind, number}, .pin = {}};
}

TEST(InitialLimit, auto_is_at_least_eight) {
  EXPECT_EQ(initial_limit(starting(Initial::Kind::automatic), 1), 8);
}

TEST(InitialLimit, auto_is_the_power_of_two_nearest_the_cpus) {
  EXPECT_EQ(initial_limit(starting(Initial::Kind::automatic), 12), 16);
  EXPECT_EQ(initial_limit(starting(Initial::Kind::automatic), 11), 8);
  EXPECT_EQ(initial_limit(starting(Initial::Kind::automatic), 64), 64);
}

TEST(InitialLimit, cpu_is_the_cpus_and_io_four_times_as_many) {
  EXPECT_EQ(initial_limit(starting(Initial::Kind::cpu), 6), 6);
  EXPECT_EQ(initial_limit(starting(Initial::Kind::io), 6), 24);
}

TEST(InitialLimit, stays_within_the_bounds) {
  Limit limit = starting(Initial::Kind::cpu);
  limit.min = 4;
  limit.max = 10;
  EXPECT_EQ(initial_limit(limit, 1), 4);
  EXPECT_EQ(initial_limit(limit, 96), 10);
}

}  // namespace
}  // namespace sweetspot::config
