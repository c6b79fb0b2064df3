#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/control/load_curve.hpp"
#include "tuner/time.hpp"

namespace sweetspot::control {

// What is remembered over a restart: the last good limit with its load curve, and for what they
// were good.
struct State {
  int limit = 0;
  std::int64_t saved_unix_ms = 0;
  std::string upstream;  // HOST:PORT
  std::string objective;
  int cpus = 0;
  std::string cpu_quota{};  // of the cgroup, in CPUs, or `none`
  std::string cpu_model{};
  std::string upstream_version{};  // as configured
  std::vector<LoadCurve::Point> curve{};

  bool operator==(const State&) const = default;
};

// The file's text: one field a line, a point of the curve likewise, the last one a CRC-32 of those
// before.
std::string encode(const State& state);
std::optional<State> decode(std::string_view text);  // nothing where a single byte is off

// Reads a state that is to be trusted: intact, not older than `max_age` and of the same upstream,
// its version, objective and CPUs as `expected`. Else `problem` says why not (empty where there is
// no file yet).
struct Remembered {
  std::optional<State> state;
  std::string problem;
};
Remembered remember(const std::string& path, const State& expected, tuner::Duration max_age);

// Replaces the file as a whole (write, fsync, rename, fsync of the folder), so that a kill at any
// point leaves the old state or the new one. Returns what went wrong, empty where nothing.
std::string replace_file(const std::string& path, std::string_view text);

// Writes states on a thread of its own, since a disk may block for long; the latest one wins. Any
// thread may save; the last one is written before the destructor returns.
class StateWriter {
 public:
  StateWriter(std::string path, std::function<void(const std::string& problem)> on_problem);
  ~StateWriter();
  void save(State state);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::control
