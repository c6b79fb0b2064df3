#include "service/control/files/state_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/temp_folder.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct StateFileTest : testing::Test {
  StateFileTest() { path = folder / "state"; }
  void write(const std::string& text) { std::ofstream(path) << text; }

  const support::TempFolder own;
  const fs::path folder = own.path();
  std::string path;
  State good{.limit = 12,
             .saved_unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count(),
             .upstream = "127.0.0.1:8000",
             .objective = "balanced",
             .cpus = 4,
             .cpu_quota = "1.5",
             .cpu_model = "A CPU of 2 words",
             .upstream_version = "1.0",
             .curve = {{.arm = {.limit = 8,
                                .samples = 900,
                                .throughput = 594.123456789,
                                .in_flight = 7.98,
                                .p50 = 13ms,
                                .p99 = 15ms},
                        .unix_time_ms = 1700000000000,
                        .throughput_low = 594.123456789,
                        .throughput_high = 594.123456789},
                       {.arm = {.limit = 16, .samples = 10, .throughput = 697, .in_flight = 16},
                        .unix_time_ms = 1700000000001,
                        .throughput_low = 697,
                        .throughput_high = 697}}};
};

TEST_F(StateFileTest, gives_back_what_was_written) {
  EXPECT_EQ(decode(encode(good)), good);
  EXPECT_EQ(replace_file(path, encode(good)), "");
  EXPECT_EQ(remember(path, good, 1h).state, good);
}

TEST_F(StateFileTest, leaves_a_pipe_or_a_device_alone) {
  ::mkfifo(path.c_str(), 0600);
  EXPECT_EQ(remember(path, good, 1h).problem, "is not a regular file");
  EXPECT_EQ(replace_file(path, encode(good)), "is not a regular file");
  EXPECT_TRUE(fs::is_fifo(path));
}

TEST_F(StateFileTest, is_silent_where_there_is_no_file_yet) {
  const auto remembered = remember(path, good, 1h);
  EXPECT_FALSE(remembered.state);
  EXPECT_EQ(remembered.problem, "");
}

TEST_F(StateFileTest, trusts_no_file_with_a_single_byte_off) {
  const std::string text = encode(good);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string broken = text;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    EXPECT_FALSE(decode(broken)) << "byte " << i;
  }
}

TEST_F(StateFileTest, trusts_no_file_that_is_cut_short_or_longer) {
  const std::string text = encode(good);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode(text.substr(0, size))) << size;
  EXPECT_FALSE(decode(text + "x"));
  write(std::string(100000, 'x'));
  EXPECT_EQ(remember(path, good, 1h).problem, "has more than 16 KiB");
}

TEST_F(StateFileTest, trusts_no_state_of_another_time_place_or_aim) {
  State other = good;
  other.saved_unix_ms -= 2 * 3600 * 1000;
  write(encode(other));
  EXPECT_EQ(remember(path, good, 1h).problem, "too old");
  other.saved_unix_ms = good.saved_unix_ms + 3600 * 1000;
  write(encode(other));
  EXPECT_EQ(remember(path, good, 1h).problem, "dated in the future");
  write(encode(good));
  for (auto [change, problem] :
       {std::pair<void (*)(State&), std::string>{[](State& s) { s.upstream = "h:1"; },
                                                 "of another upstream"},
        {[](State& s) { s.objective = "throughput"; }, "of another objective"},
        {[](State& s) { s.cpus = 64; }, "of another number of CPUs"},
        {[](State& s) { s.cpu_quota = "none"; }, "of another CPU quota"},
        {[](State& s) { s.cpu_model = "Another"; }, "of another CPU model"},
        {[](State& s) { s.upstream_version = "2.0"; }, "of another version of the upstream"}}) {
    State expected = good;
    change(expected);
    EXPECT_EQ(remember(path, expected, 1h).problem, problem);
  }
}

TEST_F(StateFileTest, says_that_a_file_is_of_another_version) {
  write("sweetspot state 2\nlimit 8\n");
  EXPECT_EQ(remember(path, good, 1h).problem, "of another version of sweetspot");
}

TEST_F(StateFileTest, trusts_no_curve_that_is_too_long) {
  good.curve.resize(LoadCurve::capacity + 1, good.curve.front());
  EXPECT_FALSE(decode(encode(good)));
  good.curve.pop_back();
  EXPECT_EQ(decode(encode(good)), good);
  EXPECT_EQ(replace_file(path, encode(good)), "");
  EXPECT_EQ(remember(path, good, 1h).state, good);
}

TEST_F(StateFileTest, says_that_it_cannot_be_written) {
  EXPECT_NE(replace_file((folder / "none" / "state").string(), "x"), "");
  std::string problem;
  {
    StateWriter writer((folder / "none" / "state").string(),
                       [&](const std::string& found) { problem = found; });
    writer.save(good);
  }
  EXPECT_EQ(problem, "cannot be created: No such file or directory");
}

TEST_F(StateFileTest, has_the_last_state_when_the_writer_ends) {
  {
    StateWriter writer(path, [](const std::string& problem) { FAIL() << problem; });
    for (int limit = 1; limit <= 50; ++limit) {
      State state = good;
      state.limit = limit;
      writer.save(state);
    }
  }
  EXPECT_EQ(remember(path, good, 1h).state->limit, 50);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace sweetspot::control
