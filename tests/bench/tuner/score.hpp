#pragma once

#include <string>
#include <vector>

#include "tests/simulation/simulation.hpp"

namespace sweetspot::bench {

using simulation::Duration;
using simulation::Scenario;
using simulation::Story;
using simulation::TimePoint;

Story play(const Scenario& scenario, const tuner::Settings& settings, std::uint64_t seed);

// The best static limit of each phase of a scenario, found by trying them all: the smallest that
// reaches a share of the best goodput (0.95; 0.8 where the objective is balanced).
struct Oracle {
  std::vector<int> limits;                // by phase
  std::vector<std::vector<double>> good;  // by seed, then by phase: requests
  Duration p99{};                         // of all seeds and phases together
};
std::vector<int> candidate_limits(const Scenario& scenario);
std::vector<int> best_limits(const Scenario& scenario, const std::vector<int>& candidates,
                             const std::vector<std::vector<Story>>& runs);  // by limit, then seed
// `runs`: each phase's best limit, by seed, then by phase. How much is asked, and when, is the
// seed's: a run is held against what its own arrivals allow.
Oracle oracle_of(const std::vector<int>& limits, const std::vector<std::vector<Story>>& runs);

// One run against the oracle.
struct Score {
  double goodput = 0;               // ratio
  double phase_goodput = 0;         // of the first further phase; of the run where there is none
  double p99 = 0, p99_at_held = 0;  // ratios; at_held: without probe requests
  double idle_shed = 0;             // share of the arrivals shed while less was in flight than best
  double beyond = 0;                // share granted past twice the best limit
  std::vector<double> settled;  // s from each phase's begin until within one doubling of its best
  double changes = 0;           // of the held limit, a minute
  int held = 0, largest = 0;    // at the end; ever
  int largest_late = 0;         // held, in the second half
  std::uint64_t shed_by_probe = 0;
};
Score score(const Scenario& scenario, const Oracle& oracle, std::size_t seed, const Story& story);

// Over seeds: medians, and the worst goodput.
struct Summary {
  Score median;
  double worst = 0;
  double within = 0;  // share of the seeds whose held limit is as targeted
  int largest = 0, largest_late = 0;
  std::uint64_t shed_by_probe = 0;
};
Summary summarise(const Scenario& scenario, const std::vector<Score>& scores);

}  // namespace sweetspot::bench
