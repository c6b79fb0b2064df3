#include "service/observe/access_log.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace sweetspot::observe {
namespace {

using namespace std::chrono_literals;
using proxy::AccessEntry;
using proxy::AccessRing;
using Text = AccessEntry::Text;

using testing::StartsWith;

AccessEntry entry_with(const std::string& text) {
  AccessEntry entry;
  entry.status = 200;
  entry.ending = "success";
  for (std::size_t i = 0; i < AccessEntry::texts; ++i) entry.set(static_cast<Text>(i), text, 90);
  return entry;
}

TEST(AccessEntry, cuts_what_does_not_fit) {
  AccessEntry entry;
  for (std::size_t i = 0; i < AccessEntry::texts; ++i)
    entry.set(static_cast<Text>(i), std::string(5000, 'x'), 256);
  EXPECT_EQ(entry.used, AccessEntry::room);
  EXPECT_EQ(entry.text(Text::peer).size(), 256u);
  EXPECT_EQ(entry.text(Text::traceparent).size(), 0u);
}

TEST(AccessRing, drops_and_counts_where_it_is_full) {
  proxy::AccessBell bell;
  AccessRing ring(bell);
  std::uint64_t put = 0, taken = 0;
  for (; ring.dropped() < 7; ++put) ring.put(entry_with("x"));
  EXPECT_TRUE(ring.is_half_full());
  ring.take([&](const AccessEntry& entry) {
    EXPECT_EQ(entry.text(Text::target), "x");
    ++taken;
  });
  EXPECT_EQ(taken, put - 7);
  EXPECT_FALSE(ring.is_half_full());
  ring.put(entry_with("y"));
  EXPECT_EQ(ring.dropped(), 7u);
}

TEST(AccessRing, gives_back_entries_of_every_length_in_their_order_round_after_round) {
  proxy::AccessBell bell;
  AccessRing ring(bell);
  int put = 0, taken = 0;
  const auto text = [](int i) {
    return std::to_string(i) + std::string(static_cast<std::size_t>(i % 80), 'x');
  };
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 97; ++i, ++put) ring.put(entry_with(text(put)));
    ring.take(
        [&](const AccessEntry& entry) { ASSERT_EQ(entry.text(Text::referer), text(taken++)); });
  }
  EXPECT_EQ(taken, put);
  EXPECT_EQ(ring.dropped(), 0u);
}

TEST(AccessLog, has_written_every_line_when_it_ends) {
  const auto path =
      std::filesystem::path(testing::TempDir()) / ("access-" + std::to_string(::getpid()) + ".log");
  proxy::AccessBell bell;
  AccessRing ring(bell);
  constexpr int lines = 3000;
  {
    AccessLog log(
        {.file = path.string(), .format = proxy::AccessFormat::json, .sample = 1, .slow = {}}, bell,
        {&ring});
    EXPECT_EQ(log.start(), "");
    for (int i = 0; i < lines; ++i) ring.put(entry_with(std::to_string(i)));
  }
  std::ifstream file(path);
  int next = 0;
  for (std::string line; std::getline(file, line);)
    EXPECT_EQ(nlohmann::json::parse(line)["target"], std::to_string(next++));
  EXPECT_EQ(next, lines);
  std::filesystem::remove(path);
}

std::uint64_t lines_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  return static_cast<std::uint64_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

TEST(AccessLog, begins_another_file_where_its_own_is_moved_away) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("sweetspot-moved-" + std::to_string(::getpid()) + ".log");
  const std::filesystem::path moved = path.string() + ".1";
  proxy::AccessBell bell;
  AccessRing ring(bell);
  AccessLog log({.file = path.string(), .format = {}, .sample = 1, .slow = {}}, bell, {&ring});
  ASSERT_EQ(log.start(), "");
  std::uint64_t put = 0;
  const auto write_some = [&] {
    for (int i = 0; i < 2 || !ring.is_half_full(); ++i, ++put) ring.put(entry_with("x"));
    while (log.lines() + log.dropped() < put) std::this_thread::yield();
  };
  write_some();
  EXPECT_EQ(lines_in(path), put);
  std::filesystem::rename(path, moved);
  write_some();  // of a batch that may have begun before
  const std::uint64_t before = put;
  write_some();
  EXPECT_GE(lines_in(path), put - before);
  EXPECT_EQ(lines_in(path) + lines_in(moved), put);
  std::filesystem::remove(path);
  std::filesystem::remove(moved);
}

TEST(AccessLog, says_that_its_file_cannot_be_opened) {
  proxy::AccessBell bell;
  AccessRing ring(bell);
  AccessLog log({.file = "/nowhere/access.log", .format = {}, .sample = 1, .slow = {}}, bell,
                {&ring});
  EXPECT_THAT(log.start(), StartsWith("/nowhere/access.log: "));
}

TEST(AccessLog, counts_what_it_cannot_write) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  proxy::AccessBell bell;
  AccessRing ring(bell);
  AccessLog log({.file = "/dev/full", .format = {}, .sample = 1, .slow = {}}, bell, {&ring});
  EXPECT_EQ(log.start(), "");
  while (!ring.is_half_full()) ring.put(entry_with("x"));
  while (log.dropped() == 0) std::this_thread::yield();
  EXPECT_EQ(log.lines(), 0u);
}

}  // namespace
}  // namespace sweetspot::observe
