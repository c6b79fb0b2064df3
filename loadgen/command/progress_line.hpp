#pragma once

#include <string>
#include <vector>

#include "loadgen/command/options.hpp"
#include "loadgen/engine/engine.hpp"

namespace sweetspot::loadgen {

// The rate and the p99 of the last half second, from figures that only grow.
class Lately {
 public:
  void observe(const engine::Progress& progress);
  double rate() const { return rate_; }  // ended requests a second
  Duration p99() const { return p99_; }

 private:
  engine::Progress before_;
  double rate_ = 0;
  Duration p99_{};
};

// A line for somebody who watches a run: bar, rate, p99, how long it will still take. Written over
// on stderr, and only where that is a terminal.
class RunLine {
 public:
  explicit RunLine(const RunOptions& options);
  ~RunLine();
  bool is_shown() const { return shown_; }
  void show(const engine::Progress& progress);
  std::string text(
      const engine::Progress& progress) const;  // of the line, but for how it is written

 private:
  const RunOptions& options_;
  bool shown_;
  Lately lately_;
};

// The same for a sweep, whose table grows above it.
class SweepLine {
 public:
  explicit SweepLine(const SweepOptions& options);
  bool is_shown() const { return shown_; }
  void show(int size, const engine::Progress& progress);
  void clear() const;

 private:
  const SweepOptions& options_;
  bool shown_;
  std::vector<int> sizes_;
  int size_ = 0;
  Lately lately_;
};

}  // namespace sweetspot::loadgen
