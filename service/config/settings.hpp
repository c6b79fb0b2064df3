#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/admission/settings.hpp"
#include "service/control/api/access.hpp"
#include "service/control/files/decision_file.hpp"
#include "service/control/settings.hpp"
#include "service/fleet/settings.hpp"
#include "service/observe/log_settings.hpp"
#include "service/proxy/settings.hpp"
#include "tuner/objective.hpp"
#include "tuner/time.hpp"

namespace sweetspot::config {

using tuner::Duration;

// How the start size is found.
struct Initial {
  enum class Kind { automatic, cpu, io, number } kind = Kind::automatic;
  int number = 0;  // where kind is number
};

struct Limit {
  Initial initial;
  int min = 1;
  int max = 1000;
  std::optional<int> pin;
};

struct Tuning {
  tuner::Objective objective = tuner::Objective::balanced;
  std::optional<Duration> p99_bound;
  std::optional<double> e_star;
  std::optional<Duration> late_after;
  control::Algorithm algorithm = control::Algorithm::sweetspot;
};

struct Drain {
  Duration delay = std::chrono::seconds(0);
  Duration grace = std::chrono::seconds(30);
};

struct Memory {
  std::string file;  // empty: nothing is remembered
  Duration max_age = std::chrono::hours(24);
};

// Who knows it may change the sidecar by the page; empty: nobody may.
struct OperatorToken {
  std::string file;
  std::string secret;  // what the file held at the start
};

// Everything that can be configured. The keys and their meaning are in keys.cpp, once.
struct Config {
  proxy::Settings proxy;
  proxy::Endpoint admin{"127.0.0.1", 9901};
  proxy::Endpoint control{"127.0.0.1", 9902};
  admission::Settings admission;
  std::vector<std::string> classes, groups, rules;  // as written; resolved into the above
  Limit limit;
  Tuning tuning;
  Drain drain;
  Memory memory;
  std::string upstream_version;  // empty: unknown
  control::AccessSettings access;
  control::DecisionFileSettings decisions;
  control::RotatingFileSettings recording{.path = {}, .max_size = 64 * 1024 * 1024, .keep = 3};
  std::optional<int> backend_pid;
  std::string backend_process;  // empty for none
  bool asks_upstream = true;    // the doctor does
  observe::LogSettings log;
  OperatorToken operator_token;
  fleet::Settings fleet;
};

// The start size on a machine with so many CPUs, within limit.min..limit.max: `auto` is the power
// of two nearest max(8, CPUs), `cpu` the CPUs, `io` four times the CPUs.
int initial_limit(const Limit& limit, int cpus);

}  // namespace sweetspot::config
