#include "service/ctl/replay.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "service/ctl/commands.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/tuner/world.hpp"
#include "tuner/recording.hpp"

namespace sweetspot::ctl {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct ReplayTest : testing::Test {
  // What a sidecar before the document's disk records in ten seconds.
  static std::string recording() {
    const tuner::Settings settings{.objective = tuner::Objective::throughput, .initial = 4};
    tuner::Drive drive(settings, {.rate = tuner::disk_rate, .demand = 1e9});
    std::string text = tuner::encode_start(settings, drive.tuner.began());
    drive.tuner.record_to([&](const std::string& line) { text += line; });
    drive.run(10s);
    return text;
  }

  static void write(const std::filesystem::path& to, const std::string& text) {
    std::ofstream(to) << text;
  }

  Outcome replay(const std::string& objective = {}, bool json = false) {
    out.str({});
    return replay_recording({.file = file, .objective = objective, .json = json}, out);
  }

  const support::TempFolder own;
  const std::filesystem::path folder = own.path(), file = folder / "windows";
  std::ostringstream out;
};

TEST_F(ReplayTest, prints_the_verdicts_and_that_they_are_the_recorded_ones) {
  write(file, recording());
  EXPECT_EQ(replay().exit, Exit::done);
  EXPECT_THAT(out.str(), HasSubstr("throughput_gain    4 → 8: doubling from 4 to 8"));
  EXPECT_THAT(out.str(), HasSubstr("verdicts, the same as recorded\n"));
}

TEST_F(ReplayTest, says_what_another_objective_would_have_preferred) {
  write(file, recording());
  EXPECT_EQ(replay("balanced").exit, Exit::done);
  EXPECT_THAT(out.str(), HasSubstr("balanced would prefer 8: doubling from 8 to 16"));
}

TEST_F(ReplayTest, prints_an_object_a_line) {
  write(file, recording());
  EXPECT_EQ(replay("balanced", true).exit, Exit::done);
  std::istringstream lines(out.str());
  int opinions = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto verdict = nlohmann::json::parse(line);
    EXPECT_GE(verdict["at_s"], 0);
    opinions += verdict.contains("second_opinion") ? 1 : 0;
  }
  EXPECT_GT(opinions, 0);
}

TEST_F(ReplayTest, puts_the_pieces_of_a_recording_together) {
  const std::string text = recording();
  const auto middle = text.find('\n', text.size() / 2) + 1;
  const auto header = text.substr(0, text.find('\n') + 1);
  write(file.string() + ".1", text.substr(0, middle));
  write(file,
        "sweetspot-windows 1 2" + header.substr(header.find(" 1 1 ") + 4) + text.substr(middle));
  EXPECT_EQ(replay().exit, Exit::done);
  EXPECT_THAT(out.str(), HasSubstr("the same as recorded"));

  std::filesystem::remove(file.string() + ".1");
  EXPECT_EQ(replay().exit, Exit::done);
  EXPECT_THAT(out.str(), HasSubstr("the begin of this recording is gone"));
}

TEST_F(ReplayTest, is_a_command_that_asks_no_sidecar) {
  write(file, recording());
  const std::string path = file;
  const char* words[] = {"sweetspotctl", "replay", path.c_str(), "--objective", "balanced"};
  std::ostringstream err;
  EXPECT_EQ(run(5, words, out, err), 0) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("balanced would prefer 8"));
}

TEST_F(ReplayTest, refuses_what_is_no_recording) {
  EXPECT_EQ(replay().exit, Exit::usage);
  write(file, "something else\n");
  EXPECT_THAT(replay().error, HasSubstr("line 1: found no header of a recording"));
  write(file, recording() + "nonsense\x1b[2J\n");
  EXPECT_THAT(replay().error, HasSubstr("found nonsense\\x1b[2J"));
}

}  // namespace
}  // namespace sweetspot::ctl
