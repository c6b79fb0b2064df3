#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/admission/settings.hpp"
#include "service/control/settings.hpp"
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
  std::optional<int> backend_pid;
  observe::LogSettings log;
};

// The start size on a machine with so many CPUs, within limit.min..limit.max: `auto` is the power
// of two nearest max(8, CPUs), `cpu` the CPUs, `io` four times the CPUs.
int initial_limit(const Limit& limit, int cpus);

}  // namespace sweetspot::config
