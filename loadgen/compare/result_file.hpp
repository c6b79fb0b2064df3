#pragma once

#include <string>

#include "loadgen/run/report.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::loadgen {

// A run that `run --output json` wrote.
struct SavedRun {
  RunResult result;
  RunOptions options;  // what the report shows of them
};
platform::Parsed<SavedRun> read_run(const std::string& file);

// Both as one: what two machines measured at the same time. Rates add up, the longer span counts.
void merge(SavedRun& into, const SavedRun& other);

}  // namespace sweetspot::loadgen
