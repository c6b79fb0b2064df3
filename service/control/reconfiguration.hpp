#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sweetspot::control {

// What became of a new configuration: keys by their dotted names.
struct Reconfigured {
  std::vector<std::string> applied;  // in force from now on
  std::vector<std::string> restart;  // given, but as they were until a restart
  std::vector<std::string> errors;   // sentences; where there is any, nothing was changed
  bool accepted() const { return errors.empty(); }
};

// The last reload, and how many there were.
struct ConfigurationStatus {
  std::uint64_t accepted = 0, refused = 0;
  Reconfigured last;
  std::string source;  // of the last one: what asked for it
  std::chrono::system_clock::time_point at{};
  std::vector<std::string> waiting;  // keys of the last accepted one that wait for a restart
};

}  // namespace sweetspot::control
