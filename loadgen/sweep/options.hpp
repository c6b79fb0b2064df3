#pragma once

#include <optional>
#include <string>
#include <vector>

#include "loadgen/run/threshold.hpp"
#include "loadgen/targets/target.hpp"
#include "loadgen/text/output.hpp"
#include "tuner/objective.hpp"

namespace sweetspot::loadgen {

// A sidecar whose limit is swept in place of the number of clients.
struct Via {
  std::string address;  // of its control API; empty: none
  std::string token_file;
  std::string ca, certificate, key;  // PEM files; without `ca` no TLS
};

struct SweepOptions {
  Target target;
  Via via;
  std::optional<int> clients;  // with a sidecar: how many keep its limit busy; else twice `to`
  int from = 1;
  int to = 64;
  double factor = 2;
  Duration step_time = std::chrono::seconds(3);  // measured, at least; warm-up not included
  tuner::Objective objective = tuner::Objective::balanced;
  std::optional<Duration> p99_bound;
  std::optional<int> pid;
  std::vector<Threshold> slo;
  double most_errors = 0.01;         // 0..1: a level with more failures is not valid
  std::optional<Duration> deadline;  // of the whole sweep
  int repeats = 1;                   // so many times the ladder is measured
  bool refine = true;                // look between the steps around the answer, and confirm it
  bool wide = false;                 // a table with everything
  std::string html, svg;             // files to write the report to
  Output output = Output::text;
};

}  // namespace sweetspot::loadgen
