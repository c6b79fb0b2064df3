#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/config/entry.hpp"
#include "service/config/settings.hpp"

namespace sweetspot::config {

// The outcome of reading the command line and the file that it names.
struct Loaded {
  Config config;
  bool check = false;               // only to be validated
  std::optional<std::string> info;  // --help or --version: print and exit
  std::vector<std::string> errors;  // all that is wrong; empty where the config is good
};

// Defaults, then the file, then the flags.
Loaded load(int argc, const char* const* argv);

// The same from entries, in order: the later one of a key wins.
std::vector<std::string> apply_entries(Config& config, const std::vector<Entry>& entries);

}  // namespace sweetspot::config
