#pragma once

#include <cstdint>

#include "tuner/histogram.hpp"
#include "tuner/time.hpp"

namespace sweetspot::tuner {

// What was seen in a span of time during which one limit was in force. The measurement path makes
// one per tick (all workers merged); the tuner merges them into slices. A value.
//
// X counts every success completed in the span; `latency` holds only requests whose permit was
// granted at this window's epoch, so that stragglers of an earlier limit cannot colour it.
struct Window {
  int limit = 0;            // permits, the limit in force
  std::uint64_t epoch = 0;  // raised by each change of the limit
  Duration span{};          // measured between two clock reads, never assumed

  std::uint64_t successes = 0;  // 1xx..4xx but 408 and 429
  std::uint64_t failures = 0;   // 5xx, 408, 429, reset, timeout of the upstream
  std::uint64_t aborts = 0;     // the client left; counts in in-flight only
  std::uint64_t shed = 0;       // refused by admission

  double in_flight_seconds = 0;  // integral of in-flight over the span (stalled permits left out)
  double queued_seconds = 0;     // integral of the queue's length over the span
  Duration at_limit{};           // time in which in-flight was at or above the limit
  double queue_fill = 0;         // 0..1: the fullest the queue was, by size or by age of its oldest

  Histogram latency;  // permit grant to last upstream byte, successes of this epoch

  double mean_in_flight() const;  // N
  double throughput() const;      // X, successes a second
  double mean_queued() const;
  double at_limit_share() const;  // 0..1
  double shed_share() const;      // shed / (shed + completed)
  double failure_share() const;   // failures / (failures + successes)

  // Adds a later window; keeps the later limit and epoch.
  void merge(const Window& later);
};

}  // namespace sweetspot::tuner
