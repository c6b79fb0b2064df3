#include "tuner/window.hpp"

#include <gtest/gtest.h>

#include "tuner/slicer.hpp"

namespace sweetspot::tuner {
namespace {

using Ms = std::chrono::milliseconds;

Window sample() {
  Window w;
  w.limit = 8;
  w.epoch = 3;
  w.span = Ms(500);
  w.successes = 90;
  w.failures = 10;
  w.shed = 25;
  w.in_flight_seconds = 2;
  w.at_limit = Ms(250);
  return w;
}

TEST(Window, turns_counts_into_rates_and_shares) {
  const Window w = sample();
  EXPECT_DOUBLE_EQ(w.throughput(), 180);
  EXPECT_DOUBLE_EQ(w.mean_in_flight(), 4);
  EXPECT_DOUBLE_EQ(w.at_limit_share(), 0.5);
  EXPECT_DOUBLE_EQ(w.shed_share(), 0.2);
  EXPECT_DOUBLE_EQ(w.failure_share(), 0.1);
}

TEST(Window, of_no_span_divides_by_nothing) {
  const Window w;
  EXPECT_EQ(w.throughput(), 0);
  EXPECT_EQ(w.mean_in_flight(), 0);
  EXPECT_EQ(w.at_limit_share(), 0);
  EXPECT_EQ(w.shed_share(), 0);
  EXPECT_EQ(w.failure_share(), 0);
}

TEST(Window, merged_is_one_that_spans_both) {
  Window w = sample();
  Window later = sample();
  later.epoch = 4;
  later.queue_fill = 0.7;
  w.merge(later);
  EXPECT_EQ(w.span, Ms(1000));
  EXPECT_EQ(w.epoch, 4u);
  EXPECT_DOUBLE_EQ(w.throughput(), 180);
  EXPECT_DOUBLE_EQ(w.queue_fill, 0.7);
}

TEST(Residence, follows_littles_law) {
  EXPECT_NEAR(milliseconds(residence(sample())), 20, 1e-6);  // 2 s of in-flight over 100 answers
  EXPECT_EQ(residence(Window()), Duration::zero());
}

TEST(Slicer, leaves_out_the_guard) {
  Slicer slicer({.guard = Ms(600), .samples = 1, .at_least = Ms(500)});
  EXPECT_FALSE(slicer.add(sample()));
  EXPECT_FALSE(slicer.add(sample()));
  EXPECT_TRUE(slicer.add(sample()));
  EXPECT_EQ(slicer.slice().span, Ms(500));
}

TEST(Slicer, needs_both_samples_and_time_but_not_forever) {
  Slicer many({.samples = 100, .at_least = Ms(100)});
  EXPECT_FALSE(many.add(sample()));
  EXPECT_TRUE(many.add(sample()));
  Slicer never({.samples = 1000, .at_least = Ms(100), .at_most = Ms(1000)});
  EXPECT_FALSE(never.add(sample()));
  EXPECT_TRUE(never.add(sample()));
}

TEST(Slicer, knows_by_how_much_its_fullest_window_stands_out) {
  const auto feed = [](std::initializer_list<std::uint64_t> counts) {
    Slicer slicer({.guard = Ms(10), .samples = 1000});
    Window window;
    window.span = Ms(10);
    window.successes = 500;
    slicer.add(window);  // in the guard
    for (const std::uint64_t count : counts) {
      window.successes = count;
      slicer.add(window);
    }
    return slicer.burst();
  };
  EXPECT_EQ(feed({10, 12, 8, 10}), 0);
  EXPECT_DOUBLE_EQ(feed({0, 80, 0, 0}), 40);
}

}  // namespace
}  // namespace sweetspot::tuner
