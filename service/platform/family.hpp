#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "service/platform/process.hpp"

namespace sweetspot::platform {

// A process with all that it has forked, and they in turn: a server with a process a worker is one
// backend. Who belongs to it is looked up anew now and then, for that reads a file of every process
// there is. For one thread.
class ProcessFamily {
 public:
  explicit ProcessFamily(int pid, std::chrono::nanoseconds look_again = std::chrono::seconds(1));

  // The sum of all. Nothing once the first one has ended; where it is a zombie, its alone.
  std::optional<ProcessStatus> status();
  // Of those as well that have ended and were waited for.
  std::chrono::nanoseconds cpu_time();
  ContextSwitches context_switches();

  int first() const { return members_.front(); }
  std::size_t size() const { return members_.size(); }  // as last looked up

 private:
  const std::vector<int>& members();

  std::vector<int> members_;  // the first one, then its descendants
  std::chrono::nanoseconds look_again_;
  std::chrono::steady_clock::time_point next_look_{};
};

// Asks for the status of the backend, whichever process is found to be its first.
using ReadProcess = std::function<std::optional<ProcessStatus>()>;
ReadProcess family_status(FindProcess find);

}  // namespace sweetspot::platform
