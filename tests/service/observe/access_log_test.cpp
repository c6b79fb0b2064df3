#include "service/observe/access_log.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace sweetspot::observe {
namespace {

using namespace std::chrono_literals;
using proxy::AccessEntry;
using proxy::AccessRing;
using Text = AccessEntry::Text;

using testing::StartsWith;

constexpr std::int64_t at_ms = 1769860800123;  // 2026-01-31T12:00:00.123Z

// What a client may send to break out of a line, a field, or into a terminal.
const std::vector<std::string> injections{
    "a\r\n{\"status\":200}", "\n", "\"", "\\", "\\\"", "\",\"status\":999,\"x\":\"",
    "\x1b[2J\x1b]0;owned\x07", "\x9b" "31m", "\xff\xfe", "\xe2\x80\xae", std::string("a\0b", 3),
    "\x7f", "${jndi:ldap://x}", "<script>alert(1)</script>", std::string(5000, '\n')};

AccessEntry entry_with(const std::string& text) {
  AccessEntry entry;
  entry.status = 200;
  entry.ending = "success";
  for (std::size_t i = 0; i < AccessEntry::texts; ++i) entry.set(static_cast<Text>(i), text, 90);
  return entry;
}

TEST(AccessLog, writes_a_request_as_json) {
  AccessEntry entry;
  entry.set(Text::peer, "10.0.0.7", 56);
  entry.set(Text::method, "GET", 32);
  entry.set(Text::target, "/a?b=1", 256);
  entry.status = 200;
  entry.ending = "success";
  entry.queue_wait = 1203us;
  entry.backend = 15310us;
  entry.total = 16601us;
  std::string line;
  append_json(line, entry, at_ms);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(json["status"], 200);
  EXPECT_EQ(json["peer"], "10.0.0.7");
  EXPECT_EQ(json["target"], "/a?b=1");
  EXPECT_EQ(json["queue_ms"], 1.203);
  EXPECT_EQ(json["backend_ms"], 15.310);
  EXPECT_EQ(json["slow"], false);
}

TEST(AccessLog, writes_a_request_as_web_servers_do) {
  AccessEntry entry;
  entry.set(Text::peer, "10.0.0.7", 56);
  entry.set(Text::method, "GET", 32);
  entry.set(Text::target, "/a", 256);
  entry.set(Text::host, "shop", 96);
  entry.set(Text::user_agent, "curl/7", 128);
  entry.status = 503;
  std::string line;
  append_combined(line, entry, at_ms);
  EXPECT_EQ(line,
            "10.0.0.7 - - [31/Jan/2026:12:00:00 +0000] \"GET /a HTTP/1.1\" 503 - \"-\" \"curl/7\" "
            "0.000 0.000 0.000\n");
}

TEST(AccessLog, lets_no_client_break_out_of_its_field) {
  for (const auto& text : injections) {
    std::string json, combined;
    append_json(json, entry_with(text), at_ms);
    append_combined(combined, entry_with(text), at_ms);
    for (const auto& line : {json, combined}) {
      EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
      for (const unsigned char c : line.substr(0, line.size() - 1))
        EXPECT_TRUE(c >= ' ' && c < 0x7f) << line;
    }
    const auto parsed = nlohmann::json::parse(json);
    EXPECT_EQ(parsed["status"], 200) << json;
    EXPECT_EQ(parsed.size(), 14u) << json;
    EXPECT_EQ(std::count(combined.begin(), combined.end(), '"'), 6) << combined;
  }
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
  const AccessEntry entry = entry_with("x");
  for (std::size_t i = 0; i < AccessRing::capacity + 7; ++i) ring.put(entry);
  EXPECT_EQ(ring.dropped(), 7u);
  EXPECT_EQ(ring.take([](const AccessEntry&) {}), AccessRing::capacity);
  EXPECT_EQ(ring.waiting(), 0u);
}

TEST(AccessLog, has_written_every_line_when_it_ends) {
  const auto path = std::filesystem::path(testing::TempDir()) /
                    ("access-" + std::to_string(::getpid()) + ".log");
  proxy::AccessBell bell;
  AccessRing ring(bell);
  constexpr int lines = 3000;
  {
    AccessLog log({.file = path.string(), .format = proxy::AccessFormat::json, .sample = 1, .slow = {}},
                  bell, {&ring});
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

TEST(AccessLog, says_that_its_file_cannot_be_opened) {
  proxy::AccessBell bell;
  AccessRing ring(bell);
  AccessLog log({.file = "/nowhere/access.log", .format = {}, .sample = 1, .slow = {}}, bell, {&ring});
  EXPECT_THAT(log.start(), StartsWith("/nowhere/access.log: "));
}

TEST(AccessLog, counts_what_it_cannot_write) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  proxy::AccessBell bell;
  AccessRing ring(bell);
  AccessLog log({.file = "/dev/full", .format = {}, .sample = 1, .slow = {}}, bell, {&ring});
  EXPECT_EQ(log.start(), "");
  for (std::size_t i = 0; i < AccessRing::capacity / 2; ++i) ring.put(entry_with("x"));
  while (log.dropped() == 0) std::this_thread::yield();
  EXPECT_EQ(log.lines(), 0u);
}

}  // namespace
}  // namespace sweetspot::observe
