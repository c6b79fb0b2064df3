#include "tuner/sentence.hpp"

#include <gtest/gtest.h>

namespace sweetspot::tuner {
namespace {

TEST(Sentence, tells_a_comparison_in_plain_figures) {
  const std::string told =
      move_words(16, 8) + comparison_words({.lo_limit = 8,
                                            .hi_limit = 16,
                                            .gain = 0.154,
                                            .growth = 0.693,
                                            .e_star = 0.32,
                                            .lo_p99 = std::chrono::milliseconds(15),
                                            .hi_p99 = std::chrono::milliseconds(30)});
  EXPECT_EQ(told,
            "16 → 8: doubling from 8 to 16 brought +17 % throughput for +100 % in flight "
            "(elasticity 0.22 < 0.32), p99 15 → 30 ms");
}

TEST(Sentence, says_where_a_half_step_must_bring_more_than_the_objective_asks) {
  const std::string told = comparison_words({.lo_limit = 8,
                                             .hi_limit = 11,
                                             .gain = 0.04,
                                             .growth = 0.32,
                                             .e_star = 0.5,
                                             .half_step = true});
  EXPECT_NE(told.find("(elasticity 0.12 < 0.50, what a half step must bring)"), std::string::npos)
      << told;
}

TEST(Sentence, names_an_operator_only_where_no_other_cause_is_known) {
  EXPECT_EQ(order_words("paused", ""), "paused by an operator");
  EXPECT_EQ(order_words("paused", "the sidecar drains"), "paused: the sidecar drains");
}

TEST(Sentence, leaves_out_a_p99_that_is_not_known) {
  const std::string told =
      comparison_words({.lo_limit = 8, .hi_limit = 11, .gain = 0.1, .growth = 0.3});
  EXPECT_EQ(
      told,
      "going from 8 to 11 brought +11 % throughput for +35 % in flight (elasticity 0.33 > 0.00)");
}

TEST(Sentence, tells_apart_what_it_compares) {
  EXPECT_EQ(elasticity_words(0.22, 0.4), "0.22 < 0.40");
  EXPECT_EQ(elasticity_words(0.3962, 0.4), "0.396 < 0.400");
  EXPECT_EQ(elasticity_words(0.4002, 0.4), "0.4002 > 0.4000");
  EXPECT_EQ(elasticity_words(0.40001, 0.4), "0.40 ≈ 0.40") << "four digits do not";
  using namespace std::chrono_literals;
  EXPECT_EQ(words(180ms, 200ms), "180 ms");
  EXPECT_EQ(words(200300us, 200ms), "200.3 ms");
  EXPECT_EQ(words(200ms, 200300us), "200.0 ms");
  EXPECT_EQ(words(2004ms, 2s), "2.004 s");
  EXPECT_EQ(words(200ms, 200ms), "200 ms");
  EXPECT_EQ(words(1s, 999900us), "1.0 s");
  EXPECT_EQ(share_words(0.001, 0.004), "0.1 %");
  EXPECT_EQ(share_words(0.12, 0.17), "12 %");
}

TEST(Sentence, says_stay_where_nothing_moved) { EXPECT_EQ(move_words(8, 8), "stay at 8: "); }

TEST(Sentence, writes_durations_in_the_unit_that_fits) {
  EXPECT_EQ(words(std::chrono::microseconds(250)), "0.25 ms");
  EXPECT_EQ(words(std::chrono::microseconds(1500)), "1.5 ms");
  EXPECT_EQ(words(std::chrono::milliseconds(15)), "15 ms");
  EXPECT_EQ(words(std::chrono::milliseconds(2500)), "2.5 s");
}

}  // namespace
}  // namespace sweetspot::tuner
