#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sweetspot::platform {

// What reading the clock costs here.
struct Clock {
  bool has_vdso = false;            // the kernel offers it without a system call
  std::string source;               // the kernel's clock source, as tsc; empty where it is not told
  std::chrono::nanoseconds cost{};  // of one clock_gettime, the best of several runs
};
Clock look_at_clock();  // takes well under a millisecond

// The soft limit of open files of a process; nothing where it cannot be read, or has none.
std::optional<std::uint64_t> open_file_limit_of(int pid);
std::optional<std::uint64_t> parse_open_file_limit(std::string_view limits);  // /proc/PID/limits

// The kernel's bound on the queue of connections that wait to be accepted (net.core.somaxconn).
std::optional<int> longest_accept_queue();

// How many requests at a time a server can work on, by its command line: the product of what it
// says of processes and threads, in the words that gunicorn, uWSGI, Puma, waitress and others use.
// Nothing where it says nothing. Arguments end in NUL, as in /proc/PID/cmdline.
std::optional<int> pool_in(std::string_view command_line);
std::optional<int> pool_of(int pid);

}  // namespace sweetspot::platform
