#include "tuner/recording.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/tuner/world.hpp"
#include "tuner/replay.hpp"

namespace sweetspot::tuner {
namespace {

using std::chrono::seconds;

// A tuner in the world of the document's disk that writes down all it is told and says.
struct Recorder {
  explicit Recorder(Settings settings) : drive(settings, {.rate = disk_rate, .demand = 1e9}) {
    file = encode_start(settings, drive.tuner.began());
    drive.tuner.record_to([this](const std::string& line) { file += line; });
  }

  Drive drive;
  std::string file;
};

std::string recording_of(Settings settings, Duration span = seconds(15)) {
  Recorder recorder(settings);
  recorder.drive.run(span);
  return recorder.file;
}

struct Played {
  Replay replay;
  std::vector<Verdict> verdicts;

  std::vector<std::string> sentences() const {
    std::vector<std::string> all;
    for (const Verdict& v : verdicts) all.push_back(v.sentence);
    return all;
  }
};

Played play(const std::string& recording) {
  Played played;
  std::istringstream file(recording);
  played.replay = replay(file, [&](const Verdict& v) { played.verdicts.push_back(v); });
  return played;
}

TEST(Recording, replays_to_the_same_verdicts) {
  Recorder recorder({.objective = Objective::throughput, .initial = 1});
  recorder.drive.run(seconds(15));
  const Played played = play(recorder.file);
  EXPECT_EQ(played.replay.error, std::nullopt);
  EXPECT_EQ(played.replay.difference, std::nullopt);
  EXPECT_TRUE(played.replay.is_whole);
  EXPECT_GT(played.verdicts.size(), 3u);
  ASSERT_EQ(played.verdicts.size(), recorder.drive.verdicts.size());
  for (std::size_t i = 0; i < played.verdicts.size(); ++i) {
    EXPECT_EQ(played.verdicts[i].sentence, recorder.drive.verdicts[i].sentence);
    EXPECT_EQ(played.verdicts[i].at, recorder.drive.verdicts[i].at);
    EXPECT_EQ(played.verdicts[i].z, recorder.drive.verdicts[i].z);
  }
}

TEST(Recording, replays_every_order) {
  Recorder recorder({.initial = 1, .in_turns = true});
  Drive& drive = recorder.drive;
  std::vector<std::string> said;
  const auto note = [&](const std::optional<Verdict>& v) { said.push_back(v.value().sentence); };
  note(drive.tuner.adopt(4, "another replica\nlearnt it", drive.now));
  drive.run(seconds(5));
  note(drive.tuner.pin(12, drive.now));
  drive.run(seconds(1));
  note(drive.tuner.unpin(drive.now));
  note(drive.tuner.pause(drive.now));
  note(drive.tuner.resume(drive.now));
  note(drive.tuner.pause(drive.now, "the sidecar's own threads are full"));
  note(drive.tuner.resume(drive.now, "they are free again"));
  note(drive.tuner.set_bounds(2, 40, drive.now));
  note(drive.tuner.set_objective(Objective::latency, std::chrono::milliseconds(20), drive.now));
  note(drive.tuner.allow_exploration(true, "the lease is ours", drive.now));
  note(drive.tuner.retune(drive.now));
  drive.run(seconds(10));

  const Played played = play(recorder.file);
  EXPECT_EQ(played.replay.error, std::nullopt);
  EXPECT_EQ(played.replay.difference, std::nullopt);
  EXPECT_EQ(played.verdicts.size(), said.size() + drive.verdicts.size());
  const auto sentences = played.sentences();
  for (std::size_t i = 1; i < said.size(); ++i) {
    EXPECT_NE(std::find(sentences.begin(), sentences.end(), said[i]), sentences.end()) << said[i];
  }
}

TEST(Recording, in_pieces_is_replayed_as_one) {
  const Settings settings{.initial = 1};
  std::string file = recording_of(settings);
  const auto whole = play(file).sentences();
  const auto middle = file.find('\n', file.size() / 2) + 1;
  file.insert(middle, encode_start(settings, TimePoint{}, 2));
  EXPECT_EQ(play(file).replay.error, std::nullopt);
  EXPECT_EQ(play(file).sentences(), whole);
}

TEST(Recording, whose_begin_is_lost_still_shows_what_was_said) {
  const Settings settings{.initial = 1};
  const std::string file = recording_of(settings);
  const auto middle = file.find('\n', file.find("\nv ") + 1) + 1;
  const Played played = play(encode_start(settings, TimePoint{}, 2) + file.substr(middle));
  EXPECT_EQ(played.replay.error, std::nullopt);
  EXPECT_FALSE(played.replay.is_whole);
  auto whole = play(file).sentences();
  whole.erase(whole.begin());
  EXPECT_EQ(played.sentences(), whole);
}

TEST(Recording, of_another_tuner_is_told_apart) {
  std::string file = recording_of({.initial = 1});
  const auto at = file.find(" 1 2 throughput_gain ");
  ASSERT_NE(at, std::string::npos);
  file.replace(at, 5, " 1 3 ");
  EXPECT_TRUE(play(file).replay.difference);
}

TEST(Recording, that_was_cut_short_ends_at_its_last_whole_line) {
  std::string text = recording_of({.initial = 1});
  text.resize(text.size() - 5);
  EXPECT_EQ(play(text).replay.error, std::nullopt);
}

TEST(Recording, of_what_no_sidecar_does_is_refused_with_its_line) {
  for (const std::string line :
       {"bounds 1 1 0", "bounds 1 0 9", "bounds 1 1 2000000000", "pin 1 0", "adopt 1 -1 x",
        "w 1 0 1 100 60 0 0 0 0.8 0.1 90 0.5 100:60", "w 1 8 1 100 60 0 0 0 nan 0.1 90 0.5 100:60"})
    EXPECT_TRUE(play(encode_start({}, {}) + line + "\n").replay.error) << line;
  EXPECT_TRUE(play(encode_start({.min = 9, .max = 8}, {})).replay.error);
  EXPECT_TRUE(play(encode_start({.initial = 0}, {})).replay.error);
}

TEST(Recording, that_is_none_is_refused_with_its_line) {
  EXPECT_TRUE(play("").replay.error->starts_with("line 1"));
  EXPECT_TRUE(play(encode_start({}, {}) + "w 1 2 three\n").replay.error->starts_with("line 2"));
  EXPECT_TRUE(
      play(encode_start({}, {}) + encode_start({}, {}, 3)).replay.error->starts_with("line 2"));
}

RC_GTEST_PROP(Recording, is_read_or_refused_whatever_became_of_it, ()) {
  static const std::string good = recording_of({.initial = 1}, seconds(2));
  std::string text = good;
  for (int i = *rc::gen::inRange(1, 20); i > 0; --i) {
    text[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(text.size())))] =
        *rc::gen::element('0', '9', '-', ' ', ':', '\n', 'v', 'e', '.', '\0');
  }
  const Played played = play(text);
  for (const Verdict& v : played.verdicts) RC_ASSERT(v.to >= 0 || !played.replay.is_whole);
}

TEST(SecondOpinion, differs_where_the_elasticity_lies_between_two_objectives) {
  Recorder recorder({.objective = Objective::throughput, .initial = 8});
  recorder.drive.run(seconds(15));
  const Verdict* gain = recorder.drive.find(Reason::throughput_gain);
  ASSERT_NE(gain, nullptr);
  const auto opinion = second_opinion(*gain, Objective::balanced);
  ASSERT_TRUE(opinion);
  EXPECT_FALSE(opinion->larger);
  EXPECT_TRUE(second_opinion(*gain, Objective::throughput)->larger);
}

}  // namespace
}  // namespace sweetspot::tuner
