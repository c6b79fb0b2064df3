#include <cstdio>

#include "loadgen/batch_means.hpp"
#include "loadgen/commands.hpp"
#include "loadgen/exit_codes.hpp"
#include "loadgen/load_shape.hpp"
#include "loadgen/progress_line.hpp"
#include "loadgen/run_report.hpp"
#include "loadgen/target_plan.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr Duration watching = std::chrono::milliseconds(20);

std::vector<std::string> labels_of(const engine::Plan& plan) {
  std::vector<std::string> labels;
  for (const engine::Call& call : plan.calls) {
    labels.push_back(call.parts.method + (call.url.is_secure ? " https://" : " http://") +
                     call.url.authority + call.url.target);
  }
  return labels;
}

}  // namespace

int execute(const RunOptions& options, int stop) {
  auto made = make_plan(options.target);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error.c_str());
    return exit_usage;
  }
  engine::Plan& plan = *made.value;
  shape(plan, options);
  std::optional<RunLine> line(options);
  const bool is_logged = options.output == Output::hdrlog;
  plan.shows_latencies = line->is_shown() || is_logged;
  BatchMeans batches;
  unsigned calls = 0;
  RunResult result{.intervals = IntervalLog(options.interval)};
  result.calls = labels_of(plan);
  result.outcome = engine::run(
      plan, stop,
      [&](const engine::Progress& progress) {
        if (progress.phase == engine::Phase::measure) {
          batches.observe(progress.elapsed, progress.requests);
          if (is_logged) result.intervals.observe(progress.elapsed, progress.latencies);
        }
        if (line->is_shown() && ++calls % 5 == 0) line->show(progress);
      },
      watching);
  line.reset();
  if (!result.outcome.error.empty()) {
    std::fprintf(stderr, "%s\n", result.outcome.error.c_str());
    if (result.outcome.tally.requests() == 0) return exit_no_success;
  }
  result.relative_ci = batches.relative_ci();
  result.thresholds = judge(options.thresholds, figures_of(result.outcome));
  std::fputs(format_run(result, options).c_str(), stdout);
  const bool failed = result.outcome.tally.success_count() == 0 && !result.outcome.interrupted;
  if (failed) std::fprintf(stderr, "%s\n", why_no_success(result.outcome.tally).c_str());
  if (failed || !result.outcome.error.empty()) return exit_no_success;
  return result.is_broken() ? exit_broken : exit_ok;
}

}  // namespace sweetspot::loadgen
