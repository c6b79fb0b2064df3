#include "service/observe/log.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/service/readme.hpp"

namespace sweetspot::observe {
namespace {

using testing::ContainsRegex;
using testing::Not;

TEST(Log, writes_an_event_with_its_fields) {
  EXPECT_EQ(format_event(LogFormat::text, "limit_changed",
                         {{"from", std::int64_t{8}},
                          {"to", std::int64_t{16}},
                          {"reason", std::string("throughput_gain")},
                          {"clean", true}}),
            "limit_changed from=8 to=16 reason=throughput_gain clean=true");
}

TEST(Log, quotes_what_is_not_plain) {
  EXPECT_EQ(format_event(LogFormat::text, "e", {{"a", std::string("two words")}}),
            "e a=\"two words\"");
  EXPECT_EQ(format_event(LogFormat::text, "e", {{"a", std::string()}}), "e a=\"\"");
}

TEST(Log, lets_no_value_break_the_line_or_forge_a_field) {
  for (const std::string evil :
       {"a\nlimit_changed to=1", "a\r\n", "x\" to=9", "\x1b[31mred", "k=v", "\xff\xfe", "\x7f",
        "\xc2\x9b"
        "31m",
        "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\xa8"}) {
    const auto line = format_event(LogFormat::text, "e", {{"a", evil}});
    EXPECT_THAT(line, Not(ContainsRegex("[\r\n\x1b\x7f\x9b\xae\xa6\xa8]"))) << line;
    EXPECT_EQ(line.substr(0, 5), "e a=\"") << line;
    EXPECT_EQ(line.back(), '"') << line;
  }
}

TEST(Log, leaves_letters_and_arrows_readable) {
  EXPECT_EQ(format_event(LogFormat::text, "e", {{"a", std::string("16 → 8, für")}}),
            "e a=\"16 → 8, für\"");
}

TEST(Log, writes_json_that_parses_whatever_the_values) {
  for (const std::string evil : {"plain", "a\nb", "\"", "\xff", "\x1b[31m", "\xc2\x9b", ""}) {
    const auto inside = format_event(LogFormat::json, "e", {{"a", evil}, {"n", 1.5}});
    const auto parsed = nlohmann::json::parse("{" + inside + "}");
    EXPECT_EQ(parsed["event"], "e");
    EXPECT_EQ(parsed["n"], 1.5);
    EXPECT_EQ(inside.find('\n'), std::string::npos);
  }
}

TEST(Log, knows_each_event_and_the_readme_has_them_all) {
  std::vector<std::string> rows;
  for (const auto& info : log_events()) {
    EXPECT_EQ(info_of(info.event).name, info.name);
    rows.push_back("| `" + std::string(info.name) + "` | " + std::string(to_string(info.level)) +
                   " | " + std::string(info.fields) + " | " + std::string(info.meaning) + " |");
  }
  EXPECT_THAT(tests::readme_table("## Log events"), testing::ContainerEq(rows));
}

}  // namespace
}  // namespace sweetspot::observe
