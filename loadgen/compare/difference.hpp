#pragma once

#include <string>
#include <vector>

#include "loadgen/run/report.hpp"

namespace sweetspot::loadgen {

// By how much one figure changed from one run to another.
struct Difference {
  std::string figure;
  double before = 0, after = 0;  // in the figure's unit
  double change = 0;             // after / before - 1
  double low = 0, high = 0;      // its 95 % interval
  bool is_certain = false;       // the interval does not hold 0
  bool is_regression = false;    // certain, for the worse, by more than was tolerated
};

// Throughput by batch means, quantiles by order statistics, errors by the binomial's normal
// approximation (there the change is the difference of the shares).
std::vector<Difference> compare(const RunResult& before, const RunResult& after, double tolerance);

// Where two runs were not of the same load, so that a difference may be the load's. Only what both
// say is held against each other.
struct Mismatch {
  std::string what, before, after;
};
std::vector<Mismatch> mismatches(const RunResult& before, const RunResult& after);

}  // namespace sweetspot::loadgen
