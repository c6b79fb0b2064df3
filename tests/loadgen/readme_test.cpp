#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "loadgen/compare/report.hpp"
#include "loadgen/run/report.hpp"
#include "loadgen/sweep/report.hpp"

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
  for (const auto* command : {"run", "sweep", "knee", "compare", "merge", "costs", "backend"}) {
    ASSERT_TRUE(sections.count(command)) << command;
    EXPECT_EQ(flags_in_section(sections.at(command)), flags_in_help(command)) << command;
  }
  EXPECT_EQ(sections.size(), 7u);
}

// Every key at every depth, but for those that are data: statuses and outcomes.
void collect_keys(const nlohmann::json& json, Flags& keys) {
  if (json.is_array()) {
    for (const auto& element : json) collect_keys(element, keys);
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.items()) {
    if (key != "status") collect_keys(value, keys);
    keys.insert(key);
  }
}

Flags undocumented(const std::string& json, const std::string& text) {
  Flags keys, missing;
  collect_keys(nlohmann::json::parse(json), keys);
  for (const std::string& key : keys) {
    if (text.find("`" + key + "`") == std::string::npos) missing.insert(key);
  }
  return missing;
}

TEST(Readme, documents_every_key_of_the_json) {
  std::ifstream file(SWEETSPOT_LOADGEN_README);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  using namespace std::chrono_literals;
  using namespace sweetspot::loadgen;
  RunOptions options;
  options.rate = 10;
  RunResult run;
  run.outcome.tally.add_response(200, 1ms);
  run.outcome.tally.add_response(503, 1ms);
  run.outcome.tally.add_error(sweetspot::engine::Error::reset, 1ms);
  run.calls = {"GET http://h/"};
  run.target.emplace();
  run.doubts.emplace_back();
  run.asked = asked_of({}, {});
  run.outcome.tally.calls.resize(1);
  run.thresholds = judge({*parse_threshold("p99<1s")}, {});
  EXPECT_EQ(undocumented(format_run_json(run, options), text), Flags{});
  RunResult other;
  other.asked = {{"rate", "1/s"}};
  EXPECT_EQ(undocumented(format_comparison_json({{}}, run, other), text), Flags{});
  Curve curve;
  curve.levels.emplace_back().target.emplace();
  curve.confirmation.emplace();
  curve.votes.emplace_back();
  EXPECT_EQ(undocumented(format_sweep_json(curve, {}), text), Flags{});
}

}  // namespace
