#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "loadgen/engine/engine.hpp"
#include "loadgen/run/threshold.hpp"
#include "loadgen/sweep/sidecar_limit.hpp"
#include "loadgen/targets/watch.hpp"
#include "tuner/knee.hpp"

namespace sweetspot::loadgen {

// One size, measured.
struct Level {
  int pool_size = 0;
  double throughput = 0;  // successes a second
  Duration p50{}, p99{}, mean{};
  tuner::Histogram latency;           // of the successes
  std::optional<int> threads;         // peak of the watched process
  std::optional<TargetUse> target;    // of the watched process
  std::optional<double> relative_ci;  // of the throughput, 95 %, by batch means
  double in_flight_ratio = 0;         // throughput x mean latency / pool size: 1 by Little's law;
                                      // of a sidecar its mean in-flight / limit
  double client_cpu = 0;              // 0..1: of the threads that this tool used
  int clients = 0;                    // at once
  std::uint64_t connections = 0;      // that brought an answer
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;  // errors, and responses that are no success
  bool valid = false;
  std::string invalid;  // why not: no_success | errors | connections | client_cpu | in_flight
};

// What one level is measured by.
struct LevelRules {
  Duration step_time{};
  Duration at_most = Duration::max();  // whatever else is wanted, no longer
  double most_errors = 0.01;           // 0..1: beyond it the level is not valid
  std::optional<int> pid;
  SidecarLimit* sidecar = nullptr;  // where not null, its limit is the size
  std::optional<int> clients{};     // who keep that limit busy; else twice the size
};

struct Measurement {
  Level level;
  engine::Outcome outcome;
  std::string problem{};  // of the sidecar
  bool target_exited = false;
};

// Drives `plan` with so many clients in a closed loop, or a sidecar that has so high a limit with
// more of them. Warm-up and drain are left out. `watch` is called all the while.
Measurement measure_level(engine::Plan plan, int size, const LevelRules& rules, int stop,
                          const std::function<void(const engine::Progress&)>& watch = {});

Figures figures_of(const Level& level);
tuner::CurvePoint point_of(const Level& level);

}  // namespace sweetspot::loadgen
