#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "loadgen/engine/plan.hpp"
#include "loadgen/engine/tally.hpp"

namespace sweetspot::engine {

enum class Phase { warm_up, measure, drain };

struct Progress {
  Phase phase = Phase::warm_up;
  Duration elapsed{};           // in this phase
  std::uint64_t requests = 0;   // that ended in this phase
  std::uint64_t successes = 0;  // of them
  Latencies latencies{};        // so far, where the plan wants them shown
};

struct Outcome {
  std::string error{};  // a sentence where there could be no run, or it could not go on
  bool interrupted = false;
  Duration measured{};     // the span of the tally
  Duration client_cpu{};   // that this process spent in it
  double client_load = 0;  // 0..1: of its time the busiest thread ran or waited for a CPU
  Tally tally;
};

// Runs a plan on threads of its own and waits for its end, or for the descriptor `stop` to be
// readable: then what was measured so far is the outcome. `watch` is called every `interval` in
// the calling thread. Interrupted while it still looks for a host, it has measured nothing.
Outcome run(const Plan& plan, int stop, const std::function<void(const Progress&)>& watch,
            Duration interval = std::chrono::milliseconds(100));

}  // namespace sweetspot::engine
