#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

// loadgen/README.md documents every command and flag: a section `## sweetspot-load COMMAND` each,
// flags in backticks at the start of a table row.
namespace {

using Flags = std::set<std::string>;

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

Flags matches(const std::string& text, const std::regex& pattern) {
  Flags found;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    found.insert((*it)[1].str());
  }
  return found;
}

// What `--help` lists: long names at the start of a line, after a short one perhaps.
Flags flags_in_help(const std::string& command) {
  const auto help = output_of(std::string(SWEETSPOT_LOAD_BINARY) + " " + command + " --help");
  auto flags = matches(help, std::regex(R"((?:^|\n)  (?:-\w,)?(--[a-z0-9-]+))"));
  flags.erase("--help");
  return flags;
}

std::map<std::string, std::string> sections_of_readme() {
  std::ifstream file(SWEETSPOT_LOADGEN_README);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::map<std::string, std::string> sections;
  const std::regex title(R"(\n## sweetspot-load (\w+)\n)");
  for (std::sregex_iterator it(text.begin(), text.end(), title), end; it != end; ++it) {
    const auto start = static_cast<std::size_t>(it->position() + it->length());
    sections[(*it)[1]] = text.substr(start, text.find("\n## ", start) - start);
  }
  return sections;
}

Flags flags_in_section(const std::string& section) {
  return matches(section, std::regex(R"(\n\| (?:`-\w`, )?`(--[a-z0-9-]+))"));
}

TEST(Readme, documents_every_command_and_flag_and_no_other) {
  const auto sections = sections_of_readme();
  for (const auto* command : {"run", "sweep", "knee", "backend"}) {
    ASSERT_TRUE(sections.count(command)) << command;
    EXPECT_EQ(flags_in_section(sections.at(command)), flags_in_help(command)) << command;
  }
  EXPECT_EQ(sections.size(), 4u);
}

}  // namespace
