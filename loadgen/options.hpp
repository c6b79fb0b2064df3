#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "loadgen/backend/server.hpp"
#include "loadgen/engine/arrivals.hpp"
#include "loadgen/threshold.hpp"
#include "tuner/objective.hpp"

namespace sweetspot::loadgen {

using tuner::Duration;

enum class Output { text, json, csv, markdown, junit, prometheus, hgrm, hdrlog };
enum class Compat { none, ab, hey };

// What one request is like, and how it is sent. Of `run` and `sweep`.
struct Target {
  std::string url;
  std::string method;                // empty: GET, or POST where there is a body
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::string body_file;
  bool keep_alive = true;
  Duration timeout = std::chrono::seconds(20);  // from the send to the response's end
  int threads = 1;                              // of the client
};

struct RunOptions {
  Target target;
  int connections = 50;
  std::optional<std::uint64_t> requests;
  std::optional<Duration> duration;  // 10 s where neither it nor `requests` is given
  std::optional<double> rate;        // requests a second: open loop
  engine::Pattern pattern = engine::Pattern::uniform;
  std::uint64_t seed = 1;            // of a Poisson pattern
  std::optional<Duration> catch_up;  // open loop: what is overdue by more is dropped
  Duration warm_up{};
  std::vector<Threshold> thresholds;
  Compat compat = Compat::none;      // text as another tool writes it
  Output output = Output::text;
};

struct SweepOptions {
  Target target;
  int from = 1;
  int to = 64;
  double factor = 2;
  Duration step_time = std::chrono::seconds(3);  // measured, at least; warm-up not included
  tuner::Objective objective = tuner::Objective::balanced;
  std::optional<Duration> p99_bound;
  std::optional<int> pid;
  std::vector<Threshold> slo;
  double most_errors = 0.01;          // 0..1: a level with more failures is not valid
  std::optional<Duration> deadline;   // of the whole sweep
  bool refine = true;                 // look between the steps around the answer, and confirm it
  bool wide = false;                  // a table with everything
  std::string html, svg;              // files to write the report to
  Output output = Output::text;
};

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
