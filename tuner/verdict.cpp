#include "tuner/verdict.hpp"

#include <array>

namespace sweetspot::tuner {

namespace {

constexpr std::array all_reasons_ = {
    Reason::start,
    Reason::remembered,
    Reason::published,
    Reason::throughput_gain,
    Reason::plateau,
    Reason::latency_degraded,
    Reason::throughput_loss,
    Reason::shedding_relieved,
    Reason::smaller_is_enough,
    Reason::smaller_is_worse,
    Reason::not_binding,
    Reason::inconclusive,
    Reason::capacity_fell,
    Reason::capacity_rose,
    Reason::outage,
    Reason::failures,
    Reason::poisoned,
    Reason::probe_aborted,
    Reason::p99_bound_met,
    Reason::p99_bound_missed,
    Reason::pinned,
    Reason::unpinned,
    Reason::retune,
    Reason::objective_changed,
    Reason::paused,
    Reason::resumed,
    Reason::bounds,
    Reason::configured,
    Reason::turn_began,
    Reason::turn_ended,
    Reason::algorithm,
};

constexpr std::array all_states_ = {
    State::start,   State::climb, State::verify, State::hold,   State::probe,
    State::retreat, State::drain, State::pinned, State::paused,
};

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::start:
      return "start";
    case Reason::remembered:
      return "remembered";
    case Reason::published:
      return "published";
    case Reason::throughput_gain:
      return "throughput_gain";
    case Reason::plateau:
      return "plateau";
    case Reason::latency_degraded:
      return "latency_degraded";
    case Reason::throughput_loss:
      return "throughput_loss";
    case Reason::shedding_relieved:
      return "shedding_relieved";
    case Reason::smaller_is_enough:
      return "smaller_is_enough";
    case Reason::smaller_is_worse:
      return "smaller_is_worse";
    case Reason::not_binding:
      return "not_binding";
    case Reason::inconclusive:
      return "inconclusive";
    case Reason::capacity_fell:
      return "capacity_fell";
    case Reason::capacity_rose:
      return "capacity_rose";
    case Reason::outage:
      return "outage";
    case Reason::failures:
      return "failures";
    case Reason::poisoned:
      return "poisoned";
    case Reason::probe_aborted:
      return "probe_aborted";
    case Reason::p99_bound_met:
      return "p99_bound_met";
    case Reason::p99_bound_missed:
      return "p99_bound_missed";
    case Reason::pinned:
      return "pinned";
    case Reason::unpinned:
      return "unpinned";
    case Reason::retune:
      return "retune";
    case Reason::objective_changed:
      return "objective_changed";
    case Reason::paused:
      return "paused";
    case Reason::resumed:
      return "resumed";
    case Reason::bounds:
      return "bounds";
    case Reason::configured:
      return "configured";
    case Reason::turn_began:
      return "turn_began";
    case Reason::turn_ended:
      return "turn_ended";
    case Reason::algorithm:
      return "algorithm";
  }
  return "unknown";
}

std::span<const Reason> all_reasons() { return all_reasons_; }

std::string_view to_string(State state) {
  switch (state) {
    case State::start:
      return "start";
    case State::climb:
      return "climb";
    case State::verify:
      return "verify";
    case State::hold:
      return "hold";
    case State::probe:
      return "probe";
    case State::retreat:
      return "retreat";
    case State::drain:
      return "drain";
    case State::pinned:
      return "pinned";
    case State::paused:
      return "paused";
  }
  return "unknown";
}

std::span<const State> all_states() { return all_states_; }

}  // namespace sweetspot::tuner
