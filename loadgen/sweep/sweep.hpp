#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/engine/plan.hpp"
#include "loadgen/knee/votes.hpp"
#include "loadgen/sweep/level.hpp"
#include "loadgen/sweep/options.hpp"
#include "tuner/knee.hpp"

namespace sweetspot::loadgen {

// Why a sweep came to its end. Closed list of reasons: plateau | retrograde | latency |
// slo_exceeded | connections | error_rate | client_saturated | target_exited | max_reached |
// deadline | interrupted.
struct Stop {
  std::string reason;
  std::string sentence;
};

struct Curve {
  std::vector<Level> levels;      // the ladder
  std::vector<Level> refinement;  // between the steps around the sweet spot, in the order measured
  std::optional<Level> confirmation;  // the sweet spot once more, for longer
  bool confirmed = false;             // it has the throughput that it had before
  tuner::Knee knee;                   // of the valid levels
  std::vector<Vote> votes;            // of other detectors, on the ladder
  Stop stop;
  std::string problem;  // a sentence where the target failed, else empty
  bool interrupted = false;
};

enum class Part { ladder, repeat, refinement, confirmation };

// For who watches: a level has begun, goes on, is done.
struct SweepWatcher {
  std::function<void(const Level&, Part)> finished = [](const Level&, Part) {};
  std::function<void(int size, const engine::Progress&)> running = {};
};

// With a sidecar its limit is what is swept. Measures each size in turn, smallest first, judges the
// curve, looks between the steps around the answer, and measures the answer again.
Curve sweep(const engine::Plan& plan, const SweepOptions& options, int stop,
            const SweepWatcher& watcher = {}, SidecarLimit* sidecar = nullptr);

}  // namespace sweetspot::loadgen
