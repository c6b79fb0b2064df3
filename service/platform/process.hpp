#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::platform {

// What /proc says of a process. Any PID may be asked for that this user may look at; nothing is
// returned where the process has ended or cannot be read.

struct ProcessStatus {
  int threads = 0;
  std::uint64_t resident_bytes = 0;  // 0 for a zombie
};

// The content of /proc/PID/status.
std::optional<ProcessStatus> parse_status(std::string_view text);
std::optional<ProcessStatus> status_of(int pid);

// Which process to look at, where there is one now.
using FindProcess = std::function<std::optional<int>()>;

// All that there are now.
std::vector<int> all_processes();

// Out of the content of /proc/PID/stat.
std::optional<int> parse_parent(std::string_view text);
std::optional<int> parent_of(int pid);

// Finds the process of that name, as /proc/PID/comm has it: at most 15 bytes. Of one that has
// forked others of its name it is the one that forked. It is kept while it lives under its name.
// For one thread.
FindProcess process_by_name(std::string name);

// User and system time of all its threads, ended ones included.
std::optional<std::chrono::nanoseconds> cpu_time_of(int pid);

// Of its children that have ended and were waited for, and of theirs; to a hundredth of a second.
std::chrono::nanoseconds childrens_cpu_time_of(int pid);

// Of the threads that live now; one read a thread, so not for a fast loop.
struct ContextSwitches {
  std::uint64_t voluntary = 0;    // it blocked
  std::uint64_t involuntary = 0;  // it was preempted
};
std::optional<ContextSwitches> context_switches_of(int pid);

// CPU time of the calling thread, for work that is to spend an exact share of it.
std::chrono::nanoseconds thread_cpu_time();

}  // namespace sweetspot::platform
