#include "service/control/files/recording_file.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temp_folder.hpp"
#include "tuner/replay.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

struct RecordingFileTest : testing::Test {
  // One run of a tuner that is pinned `pins` times.
  void run(int pins, RotatingFileSettings settings = {}) {
    settings.path = path;
    tuner::Tuner tuner({}, tuner::TimePoint{1s});
    RecordingFile file(settings, tuner, [this](const std::string& text) { problem = text; });
    tuner.record_to([&](const std::string& line) { file.append(line); });
    for (int i = 1; i <= pins; ++i) tuner.pin(i, tuner::TimePoint{1s} + i * 1ms);
    files = file.files();
  }

  static std::string content(const std::filesystem::path& of) {
    std::stringstream text;
    text << std::ifstream(of).rdbuf();
    return text.str();
  }

  const support::TempFolder own;
  const std::filesystem::path folder = own.path();
  std::filesystem::path path = folder / "windows";
  std::string problem;
  std::vector<std::string> files;
};

TEST_F(RecordingFileTest, holds_what_the_tuner_was_told_and_said) {
  run(3);
  std::istringstream recording(content(path));
  std::vector<int> limits;
  const auto replay = tuner::replay(
      recording, [&](const tuner::Verdict& verdict) { limits.push_back(verdict.to); });
  EXPECT_EQ(replay.error, std::nullopt);
  EXPECT_EQ(replay.difference, std::nullopt);
  EXPECT_EQ(limits, (std::vector<int>{1, 2, 3}));
}

TEST_F(RecordingFileTest, begins_a_new_file_at_each_start) {
  run(1);
  run(2);
  EXPECT_THAT(content(path), HasSubstr("2 pinned"));
  EXPECT_THAT(content(path.string() + ".1"), StartsWith("sweetspot-windows 1 1 "));
  EXPECT_THAT(files, testing::ElementsAre(path.string()));
}

TEST_F(RecordingFileTest, is_cut_into_pieces_that_are_bounded_in_size_and_number) {
  run(300, {.path = {}, .max_size = 4096, .keep = 2});
  const auto piece = [](const std::filesystem::path& of) {
    std::istringstream text(content(of));
    std::string line;
    std::getline(text, line);
    return tuner::piece_of_recording(line).value().piece;
  };
  EXPECT_THAT(files,
              testing::ElementsAre(path.string() + ".2", path.string() + ".1", path.string()));
  const int newest = piece(path);
  EXPECT_GT(newest, 3);
  EXPECT_EQ(piece(path.string() + ".1"), newest - 1);
  EXPECT_EQ(piece(path.string() + ".2"), newest - 2);
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".3"));
  for (const auto& file : {path.string(), path.string() + ".1", path.string() + ".2"}) {
    EXPECT_LE(std::filesystem::file_size(file), 4096u);
  }
}

TEST_F(RecordingFileTest, says_where_it_cannot_be_written) {
  path = folder / "missing" / "windows";
  run(1);
  EXPECT_THAT(problem, HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace sweetspot::control
