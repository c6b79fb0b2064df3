#include "loadgen/run/load_shape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

engine::Plan shaped(const RunOptions& options) {
  engine::Plan plan;
  shape(plan, options);
  return plan;
}

TEST(LoadShape, is_the_same_for_ever_unless_it_is_told) {
  const auto plan = shaped({.connections = 7});
  EXPECT_EQ(plan.connections, 7);
  EXPECT_FALSE(plan.clients);
  EXPECT_EQ(plan.measured.at_least, 10s);
}

TEST(LoadShape, ramps_and_warms_up_before_it_measures) {
  const auto plan = shaped({.connections = 10, .ramp = 2s, .warm_up = 3s});
  EXPECT_EQ(plan.warm_up.at_least, 5s);
  EXPECT_EQ(plan.clients->at(1s), 5);
  EXPECT_EQ(plan.clients->at(4s), 10);
}

TEST(LoadShape, goes_from_stage_to_stage) {
  const auto plan =
      shaped({.connections = 10, .warm_up = 1s, .stages = {{10s, 10}, {0s, 40}, {10s, 20}}});
  EXPECT_EQ(plan.connections, 40);
  EXPECT_EQ(plan.measured.at_least, 20s);
  EXPECT_THAT(plan.stages, ElementsAre(10s, 10s));
  EXPECT_EQ(plan.clients->at(6s), 10);
  EXPECT_EQ(plan.clients->at(16s), 30);
}

TEST(LoadShape, of_an_open_loop_is_its_rate) {
  const auto plan = shaped({.connections = 50, .rate = 100, .stages = {{10s, 300}}});
  EXPECT_EQ(plan.connections, 50);
  EXPECT_FALSE(plan.clients);
  EXPECT_EQ(plan.rate->at(5s), 200);
}

}  // namespace
}  // namespace sweetspot::loadgen
