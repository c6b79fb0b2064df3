#include "service/observe/access_line.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace sweetspot::observe {
namespace {

using namespace std::chrono_literals;
using proxy::AccessEntry;
using Text = AccessEntry::Text;

constexpr std::int64_t at_ms = 1769860800123;  // 2026-01-31T12:00:00.123Z

// What a client may send to break out of a line, a field, or into a terminal.
const std::vector<std::string> injections{"a\r\n{\"status\":200}",
                                          "\n",
                                          "\"",
                                          "\\",
                                          "\\\"",
                                          "\",\"status\":999,\"x\":\"",
                                          "\x1b[2J\x1b]0;owned\x07",
                                          "\x9b"
                                          "31m",
                                          "\xff\xfe",
                                          "\xe2\x80\xae",
                                          std::string("a\0b", 3),
                                          "\x7f",
                                          "${jndi:ldap://x}",
                                          "<script>alert(1)</script>",
                                          std::string(5000, '\n')};

AccessEntry entry_with(const std::string& text) {
  AccessEntry entry;
  entry.status = 200;
  entry.ending = "success";
  entry.cls = text;
  for (std::size_t i = 0; i < AccessEntry::texts; ++i) entry.set(static_cast<Text>(i), text, 90);
  return entry;
}

TEST(AccessLine, writes_a_request_as_json) {
  AccessEntry entry;
  entry.set(Text::peer, "10.0.0.7", 56);
  entry.set(Text::method, "GET", 32);
  entry.set(Text::target, "/a?b=1", 256);
  entry.set_upstream("10.0.0.1:80");
  entry.set_upstream("10.0.0.2:80");  // on which it was tried again
  entry.status = 200;
  entry.ending = "success";
  entry.cls = "checkout";
  entry.queue_wait = 1203us;
  entry.backend = 15310us;
  entry.total = 16601us;
  std::string line;
  append_json(line, entry, at_ms);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(json["status"], 200);
  EXPECT_EQ(json["class"], "checkout");
  EXPECT_EQ(json["peer"], "10.0.0.7");
  EXPECT_EQ(json["target"], "/a?b=1");
  EXPECT_EQ(json["upstream"], "10.0.0.2:80");
  EXPECT_EQ(json["queue_ms"], 1.203);
  EXPECT_EQ(json["backend_ms"], 15.310);
  EXPECT_EQ(json["slow"], false);
}

TEST(AccessLine, writes_a_request_of_which_nothing_is_known) {
  AccessEntry entry;
  entry.set(Text::peer, std::string_view{}, 56);
  std::string line;
  append_json(line, entry, at_ms);
  const auto json = nlohmann::json::parse(line);
  for (const auto* name : {"ending", "class", "peer", "method", "target"})
    EXPECT_EQ(json[name], "") << name;
  line.clear();
  append_combined(line, entry, at_ms);
  EXPECT_THAT(line, testing::StartsWith("- - - ["));
}

TEST(AccessLine, writes_a_request_as_web_servers_do) {
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

TEST(AccessLine, says_of_what_could_not_be_read_who_sent_it) {
  AccessEntry entry;
  entry.set(Text::peer, "10.0.0.7", 56);
  entry.status = 400;
  std::string line;
  append_combined(line, entry, at_ms);
  EXPECT_THAT(line, testing::StartsWith(
                        "10.0.0.7 - - [31/Jan/2026:12:00:00 +0000] \"-\" 400 - \"-\" \"-\" "));
}

TEST(AccessLine, lets_no_client_break_out_of_its_field) {
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
    EXPECT_EQ(parsed.size(), 16u) << json;
    EXPECT_EQ(std::count(combined.begin(), combined.end(), '"'), 6) << combined;
  }
}

TEST(AccessLine, escapes_each_byte_that_is_not_plain_wherever_it_stands) {
  const std::string around = "abcdefghijklmnop";
  for (int byte = 0; byte < 256; ++byte) {
    const bool is_plain = byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
    for (std::size_t place = 0; place < around.size(); ++place) {
      std::string text = around;
      text[place] = static_cast<char>(byte);
      AccessEntry entry;
      entry.set(Text::peer, text, 90);
      std::string line;
      append_combined(line, entry, at_ms);
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      const std::string expected = around.substr(0, place) +
                                   (is_plain ? std::string(1, text[place]) : escaped) +
                                   around.substr(place + 1);
      ASSERT_EQ(line.substr(0, line.find(" - - [")), expected);
    }
  }
}

TEST(AccessLine, has_room_for_the_longest_entry_escaped_whole) {
  AccessEntry entry;
  for (std::size_t i = 0; i < AccessEntry::texts; ++i)
    entry.set(static_cast<Text>(i), std::string(AccessEntry::room, '\n'), 128);
  ASSERT_EQ(entry.used, AccessEntry::room);
  entry.queue_wait = entry.backend = entry.total = tuner::Duration::max();
  std::string line = "before ";
  append_json(line, entry, at_ms);
  EXPECT_EQ(nlohmann::json::parse(line.substr(7))["peer"], std::string(128, '\n'));
}

}  // namespace
}  // namespace sweetspot::observe
