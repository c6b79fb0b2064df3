#include "tuner/histogram.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sweetspot::tuner {
namespace {

using std::chrono::microseconds;
using Ms = std::chrono::milliseconds;

TEST(Buckets, hold_what_lies_between_their_bounds) {
  for (std::size_t i = 0; i < Buckets::count; ++i) {
    EXPECT_EQ(Buckets::index(Buckets::lower(i)), i);
    EXPECT_EQ(Buckets::index(Buckets::upper(i) - Duration(1)), i);
  }
}

TEST(Buckets, clamp_at_both_ends) {
  EXPECT_EQ(Buckets::index(Duration(-5)), 0u);
  EXPECT_EQ(Buckets::index(Duration(0)), 0u);
  EXPECT_EQ(Buckets::index(std::chrono::hours(1000)), Buckets::count - 1);
}

RC_GTEST_PROP(Histogram, gives_any_latency_back_within_one_percent, ()) {
  const auto ns = *rc::gen::inRange<Duration::rep>(1000, 3'600'000'000'000);
  Histogram h;
  h.record(Duration(ns));
  const double error =
      std::abs(static_cast<double>(h.quantile(0.5).count() - ns)) / static_cast<double>(ns);
  RC_ASSERT(error <= 0.01);
}

TEST(Histogram, of_nothing_answers_zero) {
  const Histogram h;
  EXPECT_EQ(h.quantile(0.99), Duration::zero());
  EXPECT_EQ(h.mean(), Duration::zero());
  EXPECT_EQ(h.squared_variation(), 0);
  EXPECT_EQ(h.share_above(Ms(1)), 0);
}

TEST(Histogram, finds_quantiles_by_rank) {
  Histogram h;
  for (int i = 1; i <= 100; ++i) h.record(Ms(i));
  EXPECT_NEAR(milliseconds(h.quantile(0.5)), 50, 0.5);
  EXPECT_NEAR(milliseconds(h.quantile(0.99)), 99, 1);
  EXPECT_NEAR(milliseconds(h.quantile(1)), 100, 1);
  EXPECT_NEAR(milliseconds(h.mean()), 50.5, 0.5);
  EXPECT_NEAR(h.share_above(Ms(90)), 0.1, 0.011);
}

TEST(Histogram, widens_a_quantile_by_its_sampling_error) {
  Histogram h;
  for (int i = 1; i <= 100; ++i) h.record(Ms(i));
  const auto interval = h.quantile_interval(0.9, 1);  // rank 90 -+ 3
  EXPECT_NEAR(milliseconds(interval.low), 87, 1);
  EXPECT_NEAR(milliseconds(interval.high), 93, 1);
}

TEST(Histogram, knows_how_latency_varies) {
  Histogram constant, mixed;
  constant.record(Ms(10), 100);
  mixed.record(Ms(10), 50);
  mixed.record(Ms(30), 50);
  EXPECT_NEAR(constant.squared_variation(), 0, 1e-9);
  EXPECT_NEAR(mixed.squared_variation(), 0.25, 0.02);  // sd 10 of mean 20
}

TEST(Histogram, merges_to_what_one_would_have_counted) {
  Histogram a, b, all;
  for (int i = 1; i <= 50; ++i) {
    a.record(microseconds(i * 37));
    b.add_bucket(Buckets::index(microseconds(i * 91)), 2);
    all.record(microseconds(i * 37));
    all.record(microseconds(i * 91), 2);
  }
  a.merge(b);
  EXPECT_EQ(a.count(), all.count());
  for (std::size_t i = 0; i < Buckets::count; ++i) ASSERT_EQ(a.at(i), all.at(i));
}

}  // namespace
}  // namespace sweetspot::tuner
