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
  std::vector<Entry> entries;       // what it was made of, in order: the later one of a key wins
  std::string file;                 // --config; empty where not given
  bool check = false;               // only to be validated
  std::optional<std::string> info;  // --help or --version: print and exit
  std::vector<std::string> errors;  // all that is wrong; empty where the config is good
};

// Defaults, then the file, then the flags.
Loaded load(int argc, const char* const* argv);
Loaded load_again(int argc, const char* const* argv);  // the same later: not from a pipe

// The same with this document in place of the file; `name` is what errors call it.
Loaded load_document(int argc, const char* const* argv, const std::string& name,
                     const std::string& yaml);

// The same from entries, in order: the later one of a key wins.
std::vector<std::string> apply_entries(Config& config, const std::vector<Entry>& entries);

}  // namespace sweetspot::config
