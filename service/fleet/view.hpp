#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sweetspot::fleet {

// What a replica is among its like. A closed list: log, metric, API and docs share the names.
enum class State {
  off,          // no Lease is configured
  waiting,      // nothing was heard of the API server yet
  following,    // another's turn, or nothing to explore
  exploring,    // this replica's turn
  paused,       // the replicas change
  unavailable,  // the API server does not answer
  refused,      // it does, and says no: no permission, no Lease
};
std::string_view to_string(State state);
std::span<const State> all_states();

struct View {
  State state = State::off;
  std::string why{};         // of unavailable and refused
  std::uint64_t turns = 0;   // begun
  std::uint64_t writes = 0;  // sent to the API server
};

}  // namespace sweetspot::fleet
