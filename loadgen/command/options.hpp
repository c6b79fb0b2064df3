#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "loadgen/backend/server.hpp"
#include "loadgen/engine/arrivals.hpp"
#include "loadgen/engine/tls.hpp"
#include "loadgen/run/threshold.hpp"
#include "service/platform/units.hpp"
#include "tuner/objective.hpp"

namespace sweetspot::loadgen {

using tuner::Duration;

enum class Output { text, json, csv, markdown, junit, prometheus, hgrm, hdrlog };
enum class Compat { none, ab, hey };

// What one request is like, and how it is sent. Of `run` and `sweep`.
struct Target {
  std::string url;  // may be empty where there is a file of targets
  std::string targets_file;
  std::string method;                // empty: GET, or POST where there is a body
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::string body_file;
  std::string body_lines;                        // a file: each line is a body, in turn
  std::string basic, bearer;                     // credentials, or @FILE that holds them
  std::string host;                              // what the Host field says; empty: the URL's
  std::optional<platform::Endpoint> connect_to;  // in place of the URL's host and port
  std::string unix_path;                         // a Unix socket in their place
  engine::TlsOptions tls;
  std::string server_name;  // for TLS; empty: `host`, or the URL's
  int redirects = 0;        // followed at most for one request
  bool keep_alive = true;
  Duration timeout = std::chrono::seconds(20);  // from the send to the response's end
  int threads = 1;                              // of the client
};

// What a report calls it.
inline const std::string& name_of(const Target& target) {
  return target.targets_file.empty() ? target.url : target.targets_file;
}

// Over its length the load goes in a straight line from where it was to `to`: clients, or requests
// a second in an open loop.
struct Stage {
  Duration length{};
  double to = 0;
};
platform::Parsed<Stage> parse_stage(std::string_view text);  // DURATION:TARGET

struct RunOptions {
  Target target{};
  int connections = 50;
  std::optional<std::uint64_t> requests{};
  std::optional<Duration> duration{};  // 10 s where neither it nor `requests` is given
  std::optional<double> rate{};        // requests a second: open loop
  engine::Pattern pattern = engine::Pattern::uniform;
  std::uint64_t seed = 1;              // of a Poisson pattern
  std::optional<Duration> catch_up{};  // open loop: what is overdue by more is dropped
  Duration ramp{};                     // from nothing to the whole load, not measured
  Duration warm_up{};
  std::vector<Stage> stages{};       // in place of `duration`
  bool honours_retry_after = false;  // closed loop
  std::vector<Threshold> thresholds{};
  std::optional<int> pid{};                     // the target's process, watched meanwhile
  std::string log{};                            // a file for a line a request; empty: none
  Compat compat = Compat::none;                 // text as another tool writes it
  Duration interval = std::chrono::seconds(1);  // of an interval log
  Output output = Output::text;
};

// A sidecar whose limit is swept in place of the number of clients.
struct Via {
  std::string address;  // of its control API; empty: none
  std::string token_file;
  std::string ca, certificate, key;  // PEM files; without `ca` no TLS
};

struct SweepOptions {
  Target target;
  Via via;
  std::optional<int> clients;  // with a sidecar: how many keep its limit busy; else twice `to`
  int from = 1;
  int to = 64;
  double factor = 2;
  Duration step_time = std::chrono::seconds(3);  // measured, at least; warm-up not included
  tuner::Objective objective = tuner::Objective::balanced;
  std::optional<Duration> p99_bound;
  std::optional<int> pid;
  std::vector<Threshold> slo;
  double most_errors = 0.01;         // 0..1: a level with more failures is not valid
  std::optional<Duration> deadline;  // of the whole sweep
  int repeats = 1;                   // so many times the ladder is measured
  bool refine = true;                // look between the steps around the answer, and confirm it
  bool wide = false;                 // a table with everything
  std::string html, svg;             // files to write the report to
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
