#pragma once

#include <string>
#include <vector>

namespace sweetspot::loadgen {

// What one operation costs on this machine.
struct Cost {
  std::string operation;
  double nanoseconds = 0;    // of the wall clock, the median of several tries
  double low = 0, high = 0;  // the order of magnitude that is usual on Linux, x86-64
  std::string meaning;       // what follows for a service, in its usual range or above it
};

// Takes about two seconds. Threads of its own are made and gone again.
std::vector<Cost> measure_costs();

std::string format_costs(const std::vector<Cost>& costs);

}  // namespace sweetspot::loadgen
