#include "loadgen/command/costs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::loadgen {
namespace {

TEST(Costs, of_every_operation_are_measured_and_explained) {
  const auto costs = measure_costs();
  EXPECT_EQ(costs.size(), 9u);
  for (const Cost& cost : costs) {
    EXPECT_GT(cost.nanoseconds, 0) << cost.operation;
    EXPECT_LT(cost.low, cost.high) << cost.operation;
    EXPECT_FALSE(cost.meaning.empty()) << cost.operation;
  }
}

TEST(Costs, that_are_unusual_are_marked) {
  const auto text = format_costs({{"a", 1e6, 1, 10, "x"}, {"b", 5, 1, 10, "y"}});
  EXPECT_THAT(text, ::testing::HasSubstr("1.00 ms"));
  EXPECT_THAT(text, ::testing::HasSubstr("x  DEARER THAN USUAL\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("y\n"));
}

}  // namespace
}  // namespace sweetspot::loadgen
