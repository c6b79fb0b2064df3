#include "tuner/search.hpp"

#include <gtest/gtest.h>

namespace sweetspot::tuner {
namespace {

constexpr Search::Bounds bounds{.min = 1, .max = 64};
const TimePoint now{};

// Plays a search against an oracle that says whether `other` is to be taken; returns the limits
// asked.
template <class Oracle>
std::vector<int> play(Search::Start start, int held, Oracle takes, int& settled) {
  Search search;
  search.begin(start);
  std::vector<int> asked;
  while (const auto step = search.next(held, bounds, PoisonedLimits(), now)) {
    asked.push_back(step->other);
    const bool moved = takes(held, step->other);
    search.ruled(*step, moved, moved ? Reason::throughput_gain : Reason::plateau);
    if (moved) held = step->other;
    if (asked.size() > 50) break;
  }
  settled = held;
  return asked;
}

// Nearer to the knee is better.
auto towards(int knee) {
  return [knee](int held, int other) { return other > held ? other <= knee : other >= knee; };
}

TEST(Search, doubles_while_it_pays_then_tries_one_half_step) {
  int settled = 0;
  EXPECT_EQ(play(Search::Start::climb, 1, towards(8), settled),
            (std::vector<int>{2, 4, 8, 16, 11}));
  EXPECT_EQ(settled, 8);
}

TEST(Search, verifies_downwards_where_no_climb_has_shown_that_less_is_worse) {
  int settled = 0;
  EXPECT_EQ(play(Search::Start::climb, 8, towards(8), settled), (std::vector<int>{16, 11, 4, 6}));
  EXPECT_EQ(settled, 8);
}

TEST(Search, from_far_above_quarters_and_then_halves) {
  int settled = 0;
  EXPECT_EQ(play(Search::Start::verify, 64, towards(8), settled),
            (std::vector<int>{16, 4, 8, 4, 6, 11}));
  EXPECT_EQ(settled, 8);
}

TEST(Search, leaves_out_the_lower_half_step_where_half_costs_in_proportion) {
  Search search;
  search.begin(Search::Start::verify);
  search.ruled(*search.next(8, bounds, PoisonedLimits(), now), false, Reason::smaller_is_worse,
               0.8);
  EXPECT_EQ(search.next(8, bounds, PoisonedLimits(), now)->other, 16);
}

TEST(Search, does_not_ask_for_half_where_a_quarter_costs_in_proportion) {
  Search search;
  search.begin(Search::Start::verify);
  search.ruled(*search.next(16, bounds, PoisonedLimits(), now), false, Reason::smaller_is_worse,
               0.85);
  EXPECT_EQ(search.next(16, bounds, PoisonedLimits(), now)->other, 32);
}

TEST(Search, bisects_where_a_quarter_was_too_little) {
  int settled = 0;
  const auto asked = play(Search::Start::verify, 64, towards(32), settled);
  EXPECT_EQ(asked[0], 16);
  EXPECT_EQ(asked[1], 32);
  EXPECT_EQ(settled, 32);
}

TEST(Search, looks_into_the_upper_half_of_a_climb_that_barely_paid) {
  Search search;
  search.begin(Search::Start::climb);
  const auto step = search.next(6, bounds, PoisonedLimits(), now);
  search.ruled(*step, true, Reason::throughput_gain, 0.05);
  search.ruled(*search.next(12, bounds, PoisonedLimits(), now), false, Reason::plateau);
  search.ruled(*search.next(12, bounds, PoisonedLimits(), now), false, Reason::plateau);
  EXPECT_EQ(search.next(12, bounds, PoisonedLimits(), now)->other, 8);
}

TEST(Search, leaps_up_to_sixteen_where_most_starve) {
  Search search;
  search.begin(Search::Start::climb);
  const auto next = [&](int held, bool starving) {
    return search.next(held, bounds, PoisonedLimits(), now, starving)->other;
  };
  EXPECT_EQ(next(4, true), 16);
  EXPECT_EQ(next(4, false), 8);
  EXPECT_EQ(next(5, true), 10);
  PoisonedLimits poisoned;
  poisoned.add(16, now);
  EXPECT_EQ(search.next(4, bounds, poisoned, now, true)->other, 8);
}

TEST(Search, doubles_where_a_leap_was_refused) {
  Search search;
  search.begin(Search::Start::climb);
  const auto next = [&](int held) {
    return *search.next(held, bounds, PoisonedLimits(), now, true);
  };
  search.ruled(next(2), false, Reason::plateau);
  EXPECT_EQ(next(2).other, 4);
  search.ruled(next(2), true, Reason::throughput_gain);
  EXPECT_EQ(next(4).other, 8);
}

TEST(Search, looks_into_the_middle_of_a_leap_unless_both_halves_must_have_paid) {
  const auto asks_below = [](double margin) {
    Search search;
    search.begin(Search::Start::climb);
    search.ruled(*search.next(4, bounds, PoisonedLimits(), now, true), true,
                 Reason::throughput_gain, margin);
    for (int i = 0; i < 2; ++i)
      search.ruled(*search.next(16, bounds, PoisonedLimits(), now), false, Reason::plateau);
    return search.next(16, bounds, PoisonedLimits(), now);
  };
  ASSERT_TRUE(asks_below(0.3));
  EXPECT_EQ(asks_below(0.3)->other, 8);
  EXPECT_FALSE(asks_below(0.8));
}

TEST(Search, looks_below_a_climb_that_only_relieved_shedding) {
  Search search;
  search.begin(Search::Start::climb);
  search.ruled(*search.next(16, bounds, PoisonedLimits(), now), true, Reason::shedding_relieved);
  for (int i = 0; i < 2; ++i)
    search.ruled(*search.next(32, bounds, PoisonedLimits(), now), false, Reason::plateau);
  const auto below = search.next(32, bounds, PoisonedLimits(), now);
  ASSERT_TRUE(below);
  EXPECT_EQ(below->other, 16);
}

TEST(Search, ends_where_nothing_can_be_learnt) {
  Search search;
  search.begin(Search::Start::climb);
  search.ruled(*search.next(8, bounds, PoisonedLimits(), now), false, Reason::not_binding);
  EXPECT_FALSE(search.next(8, bounds, PoisonedLimits(), now));
}

TEST(Search, stays_within_bounds) {
  EXPECT_EQ(Search::step_up(40, false, bounds)->other, 64);
  EXPECT_FALSE(Search::step_up(64, false, bounds));
  EXPECT_FALSE(Search::step_up(1, true, bounds));
  EXPECT_FALSE(Search::step_down(1, false, bounds));
  EXPECT_EQ(Search::step_down(10, false, {.min = 7, .max = 64})->other, 7);
}

TEST(PoisonedLimits, are_avoided_for_a_while_and_longer_each_time) {
  PoisonedLimits poisoned;
  poisoned.add(16, now);
  EXPECT_FALSE(poisoned.allows(16, now + std::chrono::seconds(59)));
  EXPECT_FALSE(poisoned.allows(32, now + std::chrono::seconds(59)));
  EXPECT_TRUE(poisoned.allows(15, now));
  EXPECT_TRUE(poisoned.allows(16, now + std::chrono::seconds(60)));
  poisoned.add(16, now);
  EXPECT_FALSE(poisoned.allows(16, now + std::chrono::seconds(119)));
  for (int i = 0; i < 20; ++i) poisoned.add(16, now);
  EXPECT_TRUE(poisoned.allows(16, now + std::chrono::minutes(10)));
}

}  // namespace
}  // namespace sweetspot::tuner
