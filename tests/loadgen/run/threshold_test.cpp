#include "loadgen/run/threshold.hpp"

#include <gtest/gtest.h>

namespace sweetspot::loadgen {
namespace {

const Figures figures{{"p99", 0.05}, {"errors", 0.01}, {"unsent", 0.2}, {"throughput", 500}};

TEST(Threshold, compares_in_the_figures_unit) {
  for (const auto* text : {"p99<51ms", "p99 < 0.1s", "p99<=50ms", "errors<2%", "errors<=0.01",
                           "unsent<=20%", "throughput>499", "throughput>=500"}) {
    const auto threshold = parse_threshold(text);
    ASSERT_TRUE(threshold) << threshold.error;
    EXPECT_TRUE((*threshold).holds(figures)) << text;
  }
  for (const auto* text : {"p99<50ms", "p99<1ms", "errors<1%", "unsent<1%", "throughput>500"}) {
    EXPECT_FALSE((*parse_threshold(text)).holds(figures)) << text;
  }
}

TEST(Threshold, is_broken_where_nothing_was_measured) {
  EXPECT_FALSE((*parse_threshold("p50<1h")).holds(figures));
  const auto judged = judge({*parse_threshold("p50<1h"), *parse_threshold("p99<1h")}, figures);
  EXPECT_FALSE(judged[0].value);
  EXPECT_TRUE(judged[1].held);
}

TEST(Threshold, of_a_goal_means_at_most) {
  EXPECT_TRUE((*parse_slo("p99=50ms")).holds(figures));
  EXPECT_FALSE((*parse_slo("p99=49ms")).holds(figures));
}

TEST(Threshold, of_a_goal_is_a_latency_or_errors) {
  EXPECT_FALSE(parse_slo("throughput=500"));  // at most so much would be no goal
  EXPECT_FALSE(parse_slo("unsent=1%"));       // nothing is due in a closed loop
}

TEST(Threshold, says_what_is_allowed) {
  for (const auto* text : {"", "p99", "p98<1ms", "p99<50", "p99=50ms", "errors<x%", "errors<5",
                           "errors<101%", "throughput>-1"}) {
    const auto threshold = parse_threshold(text);
    EXPECT_FALSE(threshold) << text;
    EXPECT_NE(threshold.error.find("allowed is"), std::string::npos);
  }
}

}  // namespace
}  // namespace sweetspot::loadgen
