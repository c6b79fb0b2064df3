#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "tuner/histogram.hpp"
#include "tuner/verdict.hpp"

namespace sweetspot::simulation {

// What clients and backend got in a span of a run.
struct Sums {
  std::uint64_t offered = 0;  // arrivals, retries left out
  std::uint64_t good = 0;     // successes within the deadline
  std::uint64_t successes = 0, failures = 0, shed = 0;
  std::uint64_t away = 0;           // successes granted at another than the held limit
  std::uint64_t shed_by_probe = 0;  // while a smaller limit was tried at a hold that shed nothing
  tuner::Histogram latency, latency_at_held;         // permit grant to answer, successes
  std::map<int, std::uint64_t> shed_at, granted_at;  // by the number in flight

  void merge(const Sums& other);
};

// A run as told afterwards.
struct Story {
  struct Point {
    tuner::TimePoint at;
    int limit, held;
  };
  std::vector<tuner::Verdict> verdicts;
  std::vector<Point> limits;  // at each change
  std::vector<Sums> phases;   // one for each of the scenario's phases
  std::optional<tuner::TimePoint> first_hold;
  int largest_limit = 0;

  int held_at(tuner::TimePoint at) const;
};

}  // namespace sweetspot::simulation
