#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tuner/time.hpp"

namespace sweetspot::tuner {

// Why a limit was changed or kept. A closed list: the same names in log, metric, API and docs
// (tuner/README.md); a test holds them together.
enum class Reason {
  start,              // the start size, before any evidence
  remembered,         // the start size came from the state of an earlier run
  published,          // the start size is what another replica learnt
  throughput_gain,    // a larger limit brought enough throughput: climb
  plateau,            // a larger limit did not bring enough: stay or back off to the last good size
  latency_degraded,   // a larger limit made p99 or late answers worse beyond what is tolerated
  throughput_loss,    // a larger limit lost throughput
  shedding_relieved,  // the larger limit halves shedding at no measurable cost, or ends it
  smaller_is_enough,  // a smaller limit gives (nearly) the same throughput: descend
  smaller_is_worse,   // a smaller limit costs throughput: stay
  not_binding,        // the limit does not bind: nothing can be learnt, stay
  inconclusive,       // the comparison timed out without evidence: stay
  capacity_fell,      // throughput at the held limit fell: verify downwards
  capacity_rose,      // throughput at the held limit rose: climb again
  outage,             // next to nothing succeeds: nothing can be learnt until something does
  failures,           // failed or late answers at the held limit: retreat
  poisoned,          // that limit left the backend worse off after the return: avoid it for a while
  probe_aborted,     // a probe would have shed or exceeded its budget: back to the held limit
  p99_bound_met,     // objective latency: the larger limit still meets the bound
  p99_bound_missed,  // objective latency: the limit misses the bound
  pinned,            // an operator set the limit
  unpinned,          // an operator gave the limit back to the tuner
  retune,            // an operator asked for a new search
  objective_changed,  // an operator chose another objective
  paused,             // an operator stopped the tuner at the limit held
  resumed,            // and let it go on
  bounds,             // the limit was moved into its configured bounds
  configured,         // another configuration was put in force
  turn_began,         // this replica's turn to explore
  turn_ended,         // no exploring from hold until the next turn
  algorithm,          // another algorithm than ours moved it; a verdict sums up a second
};

std::string_view to_string(Reason reason);
std::span<const Reason> all_reasons();

enum class State { start, climb, verify, hold, probe, retreat, drain, pinned, paused };

std::string_view to_string(State state);
std::span<const State> all_states();

// One side of a comparison, as measured.
struct Arm {
  int limit = 0;
  std::uint64_t samples = 0;
  double throughput = 0;  // successes a second
  double in_flight = 0;   // mean
  Duration p50{}, p99{};
  double shed_share = 0;     // 0..1
  double failure_share = 0;  // 0..1

  bool operator==(const Arm&) const = default;
};

// One decision with its evidence. `from == to` where the decision was to stay.
struct Verdict {
  std::uint64_t sequence = 0;  // 1, 2, 3 ... within one tuner
  TimePoint at{};
  int from = 0, to = 0;  // the held limit before and after
  Reason reason = Reason::start;
  State state = State::start;  // in which state the tuner is after it
  std::optional<Arm> lo, hi;   // the arms, where a comparison decided
  double elasticity = 0;       // d ln X / d ln N, meaningful where both arms are there
  double e_star = 0;
  double z = 0;          // (dX - e* dN) / standard error
  std::string sentence;  // what an operator reads
};

}  // namespace sweetspot::tuner
