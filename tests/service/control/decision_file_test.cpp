#include "service/control/files/decision_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;

Decision decision(std::uint64_t sequence) {
  Decision made;
  made.verdict.sequence = sequence;
  made.verdict.from = 4;
  made.verdict.to = 8;
  made.verdict.reason = tuner::Reason::throughput_gain;
  made.verdict.state = tuner::State::climb;
  made.verdict.lo = tuner::Arm{
      .limit = 4, .samples = 60, .throughput = 400, .in_flight = 3.9, .p50 = 10ms, .p99 = 11ms};
  made.verdict.elasticity = 0.58;
  made.verdict.sentence = "climb \"up\"\n";
  made.unix_time_ms = 1700000000123;
  made.comment = "why";
  made.who = "alice";
  made.action = "pin";
  return made;
}

struct DecisionFileTest : testing::Test {
  void write(std::uint64_t from, std::uint64_t to, DecisionFileSettings settings = {}) {
    settings.path = path;
    DecisionFile file(settings, [this](const std::string& text) {
      problem = text;
      ++problems;
    });
    for (auto i = from; i <= to; ++i) file.append(decision(i));
  }
  std::vector<std::uint64_t> sequences() const {
    std::vector<std::uint64_t> found;
    for (const auto& entry : DecisionFile::read_last(path)) found.push_back(entry.verdict.sequence);
    return found;
  }

  const support::TempFolder own;
  const std::filesystem::path folder = own.path();
  std::filesystem::path path = folder / "log";
  std::string problem;
  int problems = 0;
};

TEST_F(DecisionFileTest, keeps_a_decision_with_its_evidence) {
  write(7, 7);
  const auto read = DecisionFile::read_last(path);
  ASSERT_EQ(read.size(), 1u);
  const auto& back = read.front();
  EXPECT_EQ(to_json_line(back), to_json_line(decision(7)));
  EXPECT_EQ(back.verdict.reason, tuner::Reason::throughput_gain);
  EXPECT_EQ(back.verdict.lo->p99, 11ms);
  EXPECT_FALSE(back.verdict.hi);
  EXPECT_EQ(back.who, "alice");
}

TEST_F(DecisionFileTest, goes_on_where_an_earlier_run_was_killed_within_a_line) {
  write(1, 3);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 9);
  write(4, 4);
  EXPECT_THAT(sequences(), testing::ElementsAre(1, 2, 4));
}

TEST_F(DecisionFileTest, rotates_by_size_and_keeps_so_many) {
  const auto line = to_json_line(decision(10)).size();
  write(10, 29, {.path = {}, .max_size = 4 * line, .keep = 2});
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 3);
  EXPECT_LE(std::filesystem::file_size(path), 4 * line);
  EXPECT_EQ(sequences().back(), 29u);
  EXPECT_EQ(sequences().size(), 8u);
}

TEST_F(DecisionFileTest, neither_renames_nor_reads_what_is_no_file) {
  ::mkfifo(path.c_str(), 0600);
  write(10, 29, {.path = {}, .max_size = 1, .keep = 2});
  EXPECT_TRUE(std::filesystem::is_fifo(path));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_EQ(problem, "");
  EXPECT_THAT(sequences(), testing::IsEmpty());
}

TEST_F(DecisionFileTest, skips_what_is_not_a_decision) {
  std::ofstream(path) << "garbage\n{}\n{\"sequence\":5,\"reason\":\"unheard_of\"}\n"
                      << to_json_line(decision(6));
  EXPECT_THAT(sequences(), testing::ElementsAre(6));
}

TEST_F(DecisionFileTest, says_when_it_cannot_write) {
  path = folder / "absent" / "log";
  write(1, 1);
  EXPECT_THAT(problem, testing::HasSubstr("cannot be opened"));
}

TEST_F(DecisionFileTest, says_once_that_the_disk_is_full) {
  path = "/dev/full";
  write(1, 20);
  EXPECT_EQ(problem, "cannot be written: No space left on device");
  EXPECT_EQ(problems, 1);
}

TEST(DecisionLog, numbers_on_from_what_an_earlier_run_left) {
  DecisionLog log;
  log.restore({decision(41), decision(42)});
  EXPECT_EQ(log.append(decision(0)).verdict.sequence, 43u);
  EXPECT_EQ(log.find(41)->verdict.sequence, 41u);
  EXPECT_EQ(log.find(40), nullptr);
  EXPECT_EQ(log.count(tuner::Reason::throughput_gain), 1u);
}

}  // namespace
}  // namespace sweetspot::control
