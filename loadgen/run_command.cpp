#include <unistd.h>

#include <cstdio>

#include "loadgen/batch_means.hpp"
#include "loadgen/commands.hpp"
#include "loadgen/exit_codes.hpp"
#include "loadgen/run_report.hpp"
#include "loadgen/target_plan.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr Duration usual_duration = std::chrono::seconds(10);
constexpr Duration watching = std::chrono::milliseconds(20);

void set_stretches(engine::Plan& plan, const RunOptions& options) {
  plan.connections = options.connections;
  plan.requests = options.requests;
  plan.rate = options.rate;
  plan.pattern = options.pattern;
  plan.seed = options.seed;
  plan.catch_up = options.catch_up;
  plan.warm_up = {options.warm_up, 0, options.warm_up};
  if (options.duration || !options.requests) {
    plan.measured.at_least = options.duration.value_or(usual_duration);
  }
}

// A line that is written over, for somebody who watches.
void show(const engine::Progress& progress) {
  constexpr const char* phases[] = {"warming up", "measuring", "waiting for the last answers"};
  const double elapsed = tuner::seconds(progress.elapsed);
  std::fprintf(stderr, "\r%-27s %6.1f s %12llu requests %9.0f/s", phases[static_cast<int>(progress.phase)],
               elapsed, static_cast<unsigned long long>(progress.requests),
               elapsed > 0 ? static_cast<double>(progress.requests) / elapsed : 0.0);
}

}  // namespace

int execute(const RunOptions& options, int stop) {
  auto made = make_plan(options.target);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error.c_str());
    return exit_usage;
  }
  engine::Plan& plan = *made.value;
  set_stretches(plan, options);
  const bool watched = isatty(STDERR_FILENO) != 0;
  BatchMeans batches;
  unsigned calls = 0;
  RunResult result;
  result.outcome = engine::run(
      plan, stop,
      [&](const engine::Progress& progress) {
        if (progress.phase == engine::Phase::measure) batches.observe(progress.elapsed, progress.requests);
        if (watched && ++calls % 5 == 0) show(progress);
      },
      watching);
  if (watched) std::fprintf(stderr, "\r%72s\r", "");
  if (!result.outcome.error.empty()) {
    std::fprintf(stderr, "%s\n", result.outcome.error.c_str());
    return exit_no_success;
  }
  result.relative_ci = batches.relative_ci();
  result.thresholds = judge(options.thresholds, figures_of(result.outcome));
  std::fputs(format_run(result, options).c_str(), stdout);
  if (result.outcome.tally.success_count() == 0 && !result.outcome.interrupted) return exit_no_success;
  return result.is_broken() ? exit_broken : exit_ok;
}

}  // namespace sweetspot::loadgen
