#include "tuner/host_noise.hpp"

#include <gtest/gtest.h>

namespace sweetspot::tuner {
namespace {

using std::chrono::seconds;
const TimePoint start{};

ArmData arm(std::initializer_list<std::uint64_t> slices) {
  ArmData data;
  for (const auto successes : slices) {
    Window slice;
    slice.span = seconds(1);
    slice.successes = successes;
    data.tally(slice);
  }
  return data;
}

TEST(HostNoise, knows_nothing_from_two_slices_an_arm) {
  HostNoise noise;
  noise.add(arm({100, 160}), arm({100, 160}), start);
  EXPECT_EQ(noise.scatter(start), 0);
}

TEST(HostNoise, remembers_what_two_short_comparisons_have_seen_of_it) {
  HostNoise noise;
  noise.add(arm({100, 160}), arm({100, 160}), start);
  noise.add(arm({160, 100}), arm({160, 100}), start + seconds(1));
  // Each pair lies 30 off its mean of 130: 2 x 30 x 30 / 130 for one degree of freedom.
  EXPECT_NEAR(noise.scatter(start + seconds(2)), 13.8, 0.1);
}

TEST(HostNoise, is_small_where_counts_scatter_as_counts_do) {
  HostNoise noise;
  noise.add(arm({100, 110, 90}), arm({105, 95, 100}), start);
  EXPECT_LT(noise.scatter(start), 1);
}

TEST(HostNoise, forgets_after_a_minute) {
  HostNoise noise;
  noise.add(arm({100, 160, 100}), arm({100, 160, 100}), start);
  EXPECT_GT(noise.scatter(start + seconds(59)), 5);
  EXPECT_EQ(noise.scatter(start + seconds(61)), 0);
}

}  // namespace
}  // namespace sweetspot::tuner
