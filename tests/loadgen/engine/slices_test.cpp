#include "loadgen/engine/slices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::vector<std::uint64_t> counts(const Slices& slices) {
  std::vector<std::uint64_t> found;
  for (const auto& slice : slices.all()) found.push_back(slice.count());
  return found;
}

TEST(Slices, are_by_when_latencies_came) {
  Slices slices;
  slices.record(0ms, 5ms);
  slices.record(99ms, 5ms);
  slices.record(250ms, 7ms);
  EXPECT_THAT(counts(slices), ElementsAre(2, 0, 1));
}

TEST(Slices, grow_wider_in_place_of_more) {
  Slices slices;
  for (int i = 0; i < 16; ++i) slices.record(i * 100ms, 5ms);
  EXPECT_EQ(slices.all().size(), 16u);
  slices.record(1600ms, 5ms);
  EXPECT_THAT(counts(slices), ElementsAre(2, 2, 2, 2, 2, 2, 2, 2, 1));
  slices.record(24h, 5ms);
  EXPECT_LE(slices.all().size(), Slices::most);
}

TEST(Slices, of_different_widths_merge) {
  Slices narrow, wide;
  narrow.record(150ms, 5ms);
  narrow.record(250ms, 5ms);
  wide.record(1600ms, 5ms);  // 200 ms each by now
  Slices both = narrow;
  both.merge(wide);
  EXPECT_THAT(counts(both), ElementsAre(1, 1, 0, 0, 0, 0, 0, 0, 1));
  wide.merge(narrow);
  EXPECT_EQ(counts(wide), counts(both));
}

}  // namespace
}  // namespace sweetspot::engine
