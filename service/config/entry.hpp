#pragma once

#include <string>
#include <vector>

namespace sweetspot::config {

// One key with its value as written, and where that was: `file:line` or `--flag`.
struct Entry {
  std::string key;
  std::vector<std::string> values;
  std::string where;
  std::vector<std::string> places = {};  // of each value of a list, where they differ
};

// What a source gave: entries in order, and a sentence for each thing that is wrong with it.
struct Source {
  std::vector<Entry> entries;
  std::vector<std::string> errors;
};

// `where: key: found X, allowed Y`, which may be printed whatever was found.
std::string describe_error(const std::string& where, const std::string& key,
                           const std::string& found, const std::string& allowed);

}  // namespace sweetspot::config
