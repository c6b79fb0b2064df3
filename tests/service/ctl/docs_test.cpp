// service/ctl/README.md and the commands, held together.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <sstream>

#include "service/ctl/commands.hpp"

namespace sweetspot::ctl {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Section {
  std::string text;
  std::vector<std::string> rows;  // of its tables, without their two head lines
};

// Sections by their heading.
std::map<std::string, Section> sections() {
  std::ifstream file(SWEETSPOT_SOURCE_DIR "/service/ctl/README.md");
  std::map<std::string, Section> found;
  std::string heading, line;
  for (int table_line = 0; std::getline(file, line);) {
    if (line.starts_with("## ")) heading = line.substr(3);
    auto& section = found[heading];
    section.text += line + "\n";
    table_line = line.starts_with("|") ? table_line + 1 : 0;
    if (table_line > 2) section.rows.push_back(line);
  }
  return found;
}

std::string row_of(const OptionInfo& option) {
  std::string names;
  for (const auto& name : option.names) names += (names.empty() ? "`" : "`, `") + name;
  if (!option.value.empty()) names += " " + option.value;
  std::string escaped;
  for (const char c : names) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return "| " + escaped + "` | " + option.help + " |";
}

TEST(Docs, have_a_page_for_each_command_with_all_that_it_takes) {
  const auto pages = sections();
  for (const auto& command : describe_commands()) {
    const std::string heading =
        command.name.empty() ? "What every command takes" : "`" + command.name + "`";
    const auto page = pages.find(heading);
    ASSERT_NE(page, pages.end()) << heading;
    std::vector<std::string> rows;
    for (const auto& option : command.options) rows.push_back(row_of(option));
    EXPECT_EQ(page->second.rows, rows) << heading;
    if (!command.name.empty()) {
      EXPECT_THAT(page->second.text, HasSubstr("```sh\nsweetspotctl " + command.name)) << heading;
    }
  }
}

TEST(Docs, have_no_page_for_what_is_no_command) {
  std::vector<std::string> names;
  for (const auto& command : describe_commands()) names.push_back("`" + command.name + "`");
  for (const auto& [heading, page] : sections())
    if (heading.starts_with('`')) {
      EXPECT_THAT(names, Contains(heading));
    }
}

TEST(Docs, have_a_row_for_each_exit_code) {
  const auto pages = sections();
  std::vector<std::string> codes;
  for (const auto& row : pages.at("Exit codes").rows) codes.push_back(row.substr(2, 1));
  EXPECT_THAT(codes, testing::ElementsAre("0", "1", "2", "3", "5"));
}

}  // namespace
}  // namespace sweetspot::ctl
