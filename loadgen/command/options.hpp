#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "loadgen/backend/server.hpp"
#include "loadgen/run/options.hpp"
#include "loadgen/sweep/options.hpp"

namespace sweetspot::loadgen {

struct KneeOptions {
  std::string file;
  tuner::Objective objective = tuner::Objective::balanced;
  std::optional<Duration> p99_bound;
};

struct CompareOptions {
  std::string before, after;  // files that `run --output json` wrote
  double tolerance = 0.05;    // 0..1: a change for the worse up to this is no regression
  Output output = Output::text;
};

struct MergeOptions {
  std::vector<std::string> files;
  Output output = Output::json;
};

struct CostsOptions {
  Output output = Output::text;
};

using BackendOptions = backend::Settings;
using Command = std::variant<RunOptions, SweepOptions, KneeOptions, CompareOptions, MergeOptions,
                             CostsOptions, BackendOptions>;

// What the command line asks for; or, where it asks for help or is wrong, the exit code, with the
// text already printed.
std::variant<Command, int> parse_command_line(int argc, const char* const* argv);

}  // namespace sweetspot::loadgen
