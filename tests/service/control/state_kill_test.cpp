// kill -9 while the state is being written, again and again. SWEETSPOT_KILL_ROUNDS sets how often.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "service/control/files/decision_file.hpp"
#include "service/control/files/state_file.hpp"
#include "tests/support/temp_folder.hpp"

namespace sweetspot::control {
namespace {

constexpr int first_limit = 100;

State state_of(int limit) {
  return {
      .limit = limit, .saved_unix_ms = 1, .upstream = "h:1", .objective = "balanced", .cpus = 2};
}

// Writes states of growing limits until it is killed; says on the pipe which are safely written.
[[noreturn]] void write_states(const std::string& path, int written) {
  for (int limit = first_limit;; ++limit) {
    if (!replace_file(path, encode(state_of(limit))).empty()) ::_exit(1);
    if (::write(written, &limit, sizeof limit) != sizeof limit) ::_exit(1);
  }
}

TEST(Kill, leaves_the_last_state_or_the_one_before_and_never_another) {
  const char* wish = std::getenv("SWEETSPOT_KILL_ROUNDS");
  const int rounds = wish != nullptr ? std::atoi(wish) : 20;
  const support::TempFolder own;
  const std::filesystem::path& folder = own.path();
  std::mt19937 random(7);
  for (int round = 0; round < rounds; ++round) {
    const std::string path = folder / "state";
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) write_states(path, pipe[1]);
    ::close(pipe[1]);
    int last = 0;
    const int enough = first_limit + static_cast<int>(random() % 20);
    while (last < enough) ASSERT_EQ(::read(pipe[0], &last, sizeof last), ssize_t{sizeof last});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(pipe[0], &last, sizeof last) == sizeof last) {
    }
    ::close(pipe[0]);
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto found = decode(text);
    ASSERT_TRUE(found) << "round " << round;
    EXPECT_GE(found->limit, last);
    EXPECT_LE(found->limit, last + 1);
  }
}

// Whatever bytes a file holds, reading it gives nothing or something whole.
TEST(Kill, cannot_make_a_file_that_breaks_its_reader) {
  std::mt19937 random(11);
  const std::string whole = encode(state_of(12));
  const std::string line = to_json_line({.unix_time_ms = 5, .comment = "c", .who = "w"});
  for (int i = 0; i < 3000; ++i) {
    std::string text = i % 2 == 0 ? whole : line;
    for (int changes = 1 + static_cast<int>(random() % 4); changes > 0; --changes)
      text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    if (i % 2 == 0)
      EXPECT_FALSE(decode(text) && text != whole);
    else
      from_json_line(text);
  }
}

}  // namespace
}  // namespace sweetspot::control
