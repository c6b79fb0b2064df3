#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/engine/plan.hpp"
#include "loadgen/options.hpp"
#include "tuner/knee.hpp"

namespace sweetspot::loadgen {

// One size, measured.
struct Level {
  int pool_size = 0;
  double throughput = 0;  // successes a second
  Duration p50{}, p99{}, mean{};
  std::optional<int> threads;         // peak of the watched process
  std::optional<double> relative_ci;  // of the throughput, 95 %
  double in_flight_ratio = 0;         // throughput x mean latency / pool size: 1 by Little's law
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;         // errors, and responses that are no success
  bool valid = false;                 // in_flight_ratio is 0.95 to 1.05
};

struct Curve {
  std::vector<Level> levels;
  tuner::Knee knee;     // of the valid levels
  std::string problem;  // a sentence where the sweep ended early, else empty
  bool interrupted = false;
};

// Measures each size in turn, smallest first, with so many clients in a closed loop. Warm-up and
// drain of each level are left out. `finished` is called after each level.
Curve sweep(engine::Plan plan, const SweepOptions& options, int stop,
            const std::function<void(const Level&)>& finished);

}  // namespace sweetspot::loadgen
