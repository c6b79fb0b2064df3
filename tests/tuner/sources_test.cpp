#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tuner/verdict.hpp"

// What the sources and the documentation of tuner/ promise about each other.
namespace sweetspot::tuner {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<fs::path> sources() {
  std::vector<fs::path> found;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(SWEETSPOT_SOURCE_DIR) / "tuner")) {
    const auto extension = entry.path().extension();
    if (extension == ".cpp" || extension == ".hpp") found.push_back(entry.path());
  }
  return found;
}

TEST(Sources, include_the_standard_library_and_their_own_folder_only) {
  const std::regex include(R"(#include\s+([<"])([^>"]+)[>"])");
  ASSERT_GT(sources().size(), 10u);
  for (const fs::path& path : sources()) {
    const std::string text = read(path);
    for (std::sregex_iterator each(text.begin(), text.end(), include), end; each != end; ++each) {
      const std::string bracket = (*each)[1], name = (*each)[2];
      const bool is_own = bracket == "\"" && name.starts_with("tuner/");
      const bool is_standard = bracket == "<" && name.find_first_of("/.") == std::string::npos;
      EXPECT_TRUE(is_own || is_standard) << path << " includes " << name;
    }
  }
}

TEST(Sources, read_no_clock_start_no_thread_draw_no_chance) {
  const std::regex impure(
      R"(::now\(|<thread>|<mutex>|<atomic>|<future>|<random>|<ctime>|<fstream>|<iostream>|<filesystem>|)"
      R"(\brand\(|\btime\(|\bgetenv\(|random_device|printf\(stderr|sleep_)");
  for (const fs::path& path : sources()) {
    const std::string text = read(path);
    std::smatch found;
    EXPECT_FALSE(std::regex_search(text, found, impure)) << path << " has " << found.str();
  }
}

// The names in backticks in the first column of the documentation's tables.
std::set<std::string> documented() {
  const std::string text = read(fs::path(SWEETSPOT_SOURCE_DIR) / "tuner" / "README.md");
  const std::regex row(R"((^|\n)\| `([a-z0-9_]+)` \|)");
  std::set<std::string> names;
  for (std::sregex_iterator each(text.begin(), text.end(), row), end; each != end; ++each) {
    names.insert((*each)[2]);
  }
  return names;
}

TEST(Documentation, names_each_reason_and_each_state_and_no_other) {
  std::set<std::string> expected;
  for (Reason reason : all_reasons()) expected.insert(std::string(to_string(reason)));
  for (State state : all_states()) expected.insert(std::string(to_string(state)));
  EXPECT_EQ(documented(), expected);
}

}  // namespace
}  // namespace sweetspot::tuner
