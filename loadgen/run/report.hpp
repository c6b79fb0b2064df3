#pragma once

#include <optional>
#include <string>
#include <vector>

#include "loadgen/engine/engine.hpp"
#include "loadgen/run/asked.hpp"
#include "loadgen/run/doubts.hpp"
#include "loadgen/run/interval_log.hpp"
#include "loadgen/run/options.hpp"
#include "loadgen/run/scatter.hpp"
#include "loadgen/run/threshold.hpp"
#include "loadgen/targets/watch.hpp"

namespace sweetspot::loadgen {

// A finished run in figures.
struct Summary {
  std::uint64_t requests = 0;   // attempts that ended, with a response or not
  std::uint64_t successes = 0;  // responses 1xx..4xx but 408 and 429
  std::uint64_t hung = 0;       // had no answer at the end, nor is one to be expected; beside these
  double duration_s = 0;
  double throughput = 0;  // successes a second
  double mean_ms = 0;     // this and the quantiles: of the successes
  double in_flight = 0;   // successes in flight on average: throughput x mean time since the send
  double client_cpu = 0;  // CPUs that this tool used
};

// A run as the reports show it.
struct RunResult {
  engine::Outcome outcome{};
  std::optional<double> relative_ci{};  // of the rate, 95 %, by batch means
  Scatter scatter{};                    // of the quantiles
  std::vector<Judged> thresholds{};
  IntervalLog intervals{std::chrono::seconds(1)};
  std::optional<TargetUse> target{};  // what the watched process spent
  std::vector<Doubt> doubts{};
  Asked asked{};
  std::vector<std::string> calls{};  // what the plan's calls ask for, in its order

  bool is_broken() const;
};

// The quantiles that reports show.
struct Quantile {
  const char* name;
  double q;
};
inline constexpr Quantile shown_quantiles[] = {{"p50", 0.5},  {"p75", 0.75}, {"p90", 0.9},
                                               {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999},
                                               {"max", 1}};

Summary summarize(const engine::Outcome& outcome);
std::uint64_t failures_of(const Summary& summary);
std::uint64_t attempts_of(const Summary& summary);  // those that hung included
Figures figures_of(const engine::Outcome& outcome);

// What a part of a run is called, and for how long it was measured.
struct NamedPart {
  std::string name;
  const engine::Part* part;
  double duration_s;
};
std::vector<NamedPart> stages_of(const RunResult& result, const RunOptions& options);
std::vector<NamedPart> calls_of(const RunResult& result);

// A sentence on a run without a success: what came in its place, and why.
std::string why_no_success(const engine::Tally& tally);

// The report as it goes to stdout, newline included.
std::string format_run(const RunResult& result, const RunOptions& options);
std::string format_run_text(const RunResult& result, const RunOptions& options);
std::string format_run_json(const RunResult& result, const RunOptions& options);

}  // namespace sweetspot::loadgen
