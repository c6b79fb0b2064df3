#pragma once

#include <string>

#include "loadgen/engine/tally.hpp"

namespace sweetspot::loadgen {

using tuner::Duration;

// What was recorded between two states of a histogram that only grows.
tuner::Histogram difference(const tuner::Histogram& now, const tuner::Histogram& before);

// HdrHistogram's interval log, version 1.3: as a run goes on, a line for each outcome that had any
// attempt in the interval, tagged with its name; values in nanoseconds.
class IntervalLog {
 public:
  explicit IntervalLog(Duration interval) : interval_(interval) {}

  // What there was after so long. Times do not run backwards.
  void observe(Duration elapsed, const engine::Latencies& so_far);

  // The log, with what came since in a last interval.
  std::string finish(Duration elapsed, const engine::Latencies& all);

 private:
  void close(Duration elapsed, const engine::Latencies& so_far);

  Duration interval_;
  Duration start_{};
  engine::Latencies before_{};
  std::string lines_;
};

}  // namespace sweetspot::loadgen
