#include "service/fleet/learnt.hpp"

#include <gtest/gtest.h>

namespace sweetspot::fleet {
namespace {

control::Decision compared(int lo, int hi, int to, double z) {
  control::Decision decision;
  decision.verdict.to = to;
  decision.verdict.lo = tuner::Arm{.limit = lo};
  decision.verdict.hi = tuner::Arm{.limit = hi};
  decision.verdict.z = z;
  return decision;
}

control::Status holding(int limit) {
  control::Status status;
  status.held_limit = limit;
  status.state = tuner::State::hold;
  return status;
}

TEST(Confidence, is_high_where_both_sides_were_compared_and_said_so) {
  EXPECT_GT(confidence_of({compared(4, 8, 8, 5), compared(8, 16, 8, -4)}, 8), 0.99);
}

TEST(Confidence, is_half_where_a_side_was_never_compared) {
  EXPECT_NEAR(confidence_of({compared(8, 16, 8, -4)}, 8), 0.5, 0.01);
  EXPECT_EQ(confidence_of({}, 8), 0.25);
}

TEST(Confidence, goes_by_the_last_comparison) {
  EXPECT_LT(
      confidence_of({compared(4, 8, 8, 5), compared(8, 16, 8, -4), compared(8, 16, 8, -0.2)}, 8),
      0.6);
}

TEST(Learnt, is_what_was_settled_on) {
  const auto known = learnt(holding(8), {compared(4, 8, 8, 5), compared(8, 16, 8, -4)});
  ASSERT_TRUE(known);
  EXPECT_EQ(known->limit, 8);
}

TEST(Learnt, is_nothing_before_a_comparison_nor_where_an_operator_decided) {
  EXPECT_FALSE(learnt(holding(8), {}));
  auto pinned = holding(8);
  pinned.pinned = true;
  auto climbing = holding(8);
  climbing.state = tuner::State::climb;
  auto shadow = holding(8);
  shadow.mode = admission::Mode::shadow;
  for (const auto& status : {pinned, climbing, shadow})
    EXPECT_FALSE(learnt(status, {compared(4, 8, 8, 5), compared(8, 16, 8, -4)}));
}

}  // namespace
}  // namespace sweetspot::fleet
