#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "loadgen/backend/server.hpp"
#include "tuner/objective.hpp"

namespace sweetspot::loadgen {

using tuner::Duration;

enum class Output { text, json, csv };

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
  Duration warm_up{};
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
  Output output = Output::text;
};

struct KneeOptions {
  std::string file;
  tuner::Objective objective = tuner::Objective::balanced;
  std::optional<Duration> p99_bound;
};

using BackendOptions = backend::Settings;
using Command = std::variant<RunOptions, SweepOptions, KneeOptions, BackendOptions>;

// What the command line asks for; or, where it asks for help or is wrong, the exit code, with the
// text already printed.
std::variant<Command, int> parse_command_line(int argc, const char* const* argv);

}  // namespace sweetspot::loadgen
