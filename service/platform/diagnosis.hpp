#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/platform/cgroup.hpp"
#include "service/platform/machine.hpp"

namespace sweetspot::platform {

// What was learnt by asking an address of the upstream once.
struct UpstreamAnswer {
  enum class Kind { not_asked, unreachable, silent, no_http, http, loop } kind = Kind::not_asked;
  std::string detail;     // the problem, or the answer's first line
  std::string address{};  // HOST:PORT, or unix:/PATH
};

// All that a diagnosis looks at: what the machine is, and what the configuration wants of it.
struct DiagnosisFacts {
  Clock clock;

  std::uint64_t open_files = 0;                     // the sidecar's limit
  std::optional<std::uint64_t> backend_open_files;  // the backend's
  std::uint64_t connections = 0;                    // downstream.max_connections

  int cpus = 1;
  std::optional<double> cpu_quota;
  int workers = 1;
  int start = 1;  // the start size, as it comes out

  std::string backend;         // the key that names its process, and the value; empty where none
  bool knows_backend = false;  // it was found
  int backend_threads = 0;
  std::optional<TaskRoom> backend_room;
  std::optional<int> backend_pool;

  std::optional<int> accept_queue;  // the kernel's bound
  int backlog = 0;                  // what the listener asks for

  int limit_min = 1, limit_max = 1;
  std::optional<int> pin;

  std::string own_upstream;             // of its addresses, the sidecar's own listeners
  std::vector<UpstreamAnswer> answers;  // of each address

  std::vector<std::string> storage_problems;  // a sentence for each file that cannot be written
};

struct Finding {
  enum class Level { ok, warning, problem, unknown };
  std::string check;  // clock, files, cpus, threads, accept_queue, bounds, upstream, storage
  Level level = Level::ok;
  std::string sentence;  // what was found, and what to do about it
};
std::string_view to_string(Finding::Level level);

// A finding or more for each check, always in the same order.
std::vector<Finding> diagnose(const DiagnosisFacts& facts);

}  // namespace sweetspot::platform
