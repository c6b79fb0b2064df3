#include "tuner/recording.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/tuner/world.hpp"

namespace sweetspot::tuner {
namespace {

struct Recorded {
  std::string file;
  std::vector<Verdict> verdicts;
};

// A tuner in the world of the document's disk, with every window written down.
Recorded record(Settings settings) {
  Recorded recorded;
  TimePoint now{};
  World world{.rate = disk_rate, .demand = 1e9};
  Tuner tuner(settings, now);
  recorded.file = encode_start(settings, now);
  std::uint64_t epoch = 1;
  Duration tick = std::chrono::milliseconds(5);
  for (int i = 0; i < 3000; ++i) {
    now += tick;
    const int before = tuner.limit();
    const Window window = world.window(before, epoch, tick);
    recorded.file += encode_window(window, now);
    Step step = tuner.step(window, now);
    if (step.limit != before) ++epoch;
    tick = step.next_tick;
    if (step.verdict) recorded.verdicts.push_back(*step.verdict);
  }
  return recorded;
}

std::vector<std::string> sentences(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> all;
  for (const Verdict& v : verdicts) all.push_back(v.sentence);
  return all;
}

TEST(Recording, replays_to_the_same_verdicts) {
  const Recorded recorded = record({.objective = Objective::throughput, .initial = 1});
  std::istringstream file(recorded.file);
  std::vector<Verdict> replayed;
  EXPECT_EQ(replay(file, [&](const Verdict& v) { replayed.push_back(v); }), std::nullopt);
  EXPECT_GT(replayed.size(), 3u);
  EXPECT_EQ(sentences(replayed), sentences(recorded.verdicts));
}

TEST(Recording, replays_what_an_operator_ordered) {
  std::istringstream file(encode_start({}, {}) + encode_pin(12, TimePoint(std::chrono::seconds(1))) +
                          encode_retune(TimePoint(std::chrono::seconds(2))));
  std::vector<Reason> reasons;
  EXPECT_EQ(replay(file, [&](const Verdict& v) { reasons.push_back(v.reason); }), std::nullopt);
  EXPECT_EQ(reasons, (std::vector<Reason>{Reason::pinned, Reason::retune}));
}

TEST(Recording, that_was_cut_short_ends_at_its_last_whole_line) {
  std::string text = record({.initial = 1}).file;
  text.resize(text.size() - 5);
  std::istringstream file(text);
  EXPECT_EQ(replay(file, [](const Verdict&) {}), std::nullopt);
}

TEST(Recording, that_is_none_is_refused_with_its_line) {
  std::istringstream empty(""), garbled(encode_start({}, {}) + "w 1 2 three\n");
  EXPECT_TRUE(replay(empty, [](const Verdict&) {})->starts_with("line 1"));
  EXPECT_TRUE(replay(garbled, [](const Verdict&) {})->starts_with("line 2"));
}

TEST(SecondOpinion, differs_where_the_elasticity_lies_between_two_objectives) {
  const Recorded recorded = record({.objective = Objective::throughput, .initial = 8});
  const auto gain = std::find_if(recorded.verdicts.begin(), recorded.verdicts.end(),
                                 [](const Verdict& v) { return v.reason == Reason::throughput_gain; });
  ASSERT_NE(gain, recorded.verdicts.end());
  const auto opinion = second_opinion(*gain, Objective::balanced);
  ASSERT_TRUE(opinion);
  EXPECT_FALSE(opinion->larger);
  EXPECT_TRUE(second_opinion(*gain, Objective::throughput)->larger);
}

}  // namespace
}  // namespace sweetspot::tuner
