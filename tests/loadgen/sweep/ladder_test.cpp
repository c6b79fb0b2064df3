#include "loadgen/sweep/ladder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::loadgen {
namespace {

using ::testing::ElementsAre;

TEST(Ladder, doubles) { EXPECT_THAT(ladder(1, 64, 2), ElementsAre(1, 2, 4, 8, 16, 32, 64)); }

TEST(Ladder, ends_at_the_end_that_was_asked_for) {
  EXPECT_THAT(ladder(1, 10, 2), ElementsAre(1, 2, 4, 8, 10));
  EXPECT_THAT(ladder(5, 5, 2), ElementsAre(5));
}

TEST(Ladder, climbs_by_at_least_one) {
  EXPECT_THAT(ladder(1, 6, 1.1), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Ladder, keeps_its_ratio_through_the_rounding) {
  EXPECT_THAT(ladder(4, 23, 1.41421356), ElementsAre(4, 6, 8, 11, 16, 23));
}

}  // namespace
}  // namespace sweetspot::loadgen
