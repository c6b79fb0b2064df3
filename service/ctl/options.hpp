#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "service/ctl/client.hpp"
#include "service/ctl/render.hpp"

namespace sweetspot::ctl {

// What the command line, the environment and the connection file say, defaults where they say
// nothing.
struct Options {
  Connection connection;
  std::string connection_file;
  std::string token_file;
  std::string timeout = "5s";
  std::string output = "text";
  bool is_terminal = false;  // where the output goes

  std::string interval = "1s";
  bool lines = false;
  std::uint64_t count = 0, sequence = 0;
  std::string comment;
  std::string lasts = "0";
  std::int32_t limit = 0, min = 0, max = 0;
  std::string name, p99_bound = "0";
  std::string shell;
  std::string file;
  std::vector<std::string> keys;
  bool wait = false;

  Format format() const;
};

// One option of a command, or one of its arguments, whose name then has no dashes.
struct OptionInfo {
  std::vector<std::string> names;  // `-o`, `--output`
  std::string value;               // what stands for it in a usage line; empty for a flag
  std::string help;
  std::vector<std::string> choices;  // where only these are allowed
  bool is_file = false;

  bool is_argument() const { return !names.front().starts_with('-'); }
};

struct CommandInfo {
  std::string name;  // `pin`, `config get`; empty for what every command takes
  std::string help;
  std::vector<OptionInfo> options;
};

}  // namespace sweetspot::ctl
