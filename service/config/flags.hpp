#pragma once

#include <optional>
#include <string>

#include "service/config/entry.hpp"

namespace sweetspot::config {

// What the command line asks for.
struct CommandLine {
  Source source;                    // the keys given as flags
  std::string file;                 // --config; empty where not given
  bool check = false;               // --check: validate and exit
  std::optional<std::string> info;  // the text of --help or --version, to print and exit
};

CommandLine read_flags(int argc, const char* const* argv);

}  // namespace sweetspot::config
