#include <cstdio>
#include <cstring>
#include <optional>

#include "loadgen/command/commands.hpp"
#include "loadgen/command/exit_codes.hpp"
#include "loadgen/command/printing.hpp"
#include "loadgen/command/progress_line.hpp"
#include "loadgen/run/batch_means.hpp"
#include "loadgen/run/load_shape.hpp"
#include "loadgen/run/report.hpp"
#include "loadgen/run/stop_or.hpp"
#include "loadgen/targets/plan.hpp"
#include "loadgen/targets/watch.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr Duration watching = std::chrono::milliseconds(20);
constexpr unsigned showing = 5;  // every so many looks

std::vector<std::string> labels_of(const engine::Plan& plan) {
  std::vector<std::string> labels;
  for (const engine::Call& call : plan.calls) {
    labels.push_back(call.parts.method + (call.url.is_secure ? " https://" : " http://") +
                     call.url.authority + call.url.target);
  }
  return labels;
}

// The process that --pid names.
class WatchedProcess {
 public:
  explicit WatchedProcess(std::optional<int> pid) {
    if (pid) watch_.emplace(*pid);
  }

  // To be called while the load is there. False once it has ended.
  bool look(const engine::Progress& progress) {
    if (!watch_ || has_ended_) return true;
    if (progress.phase == engine::Phase::warm_up) {
      has_ended_ = !watch_->is_alive();
    } else if (progress.phase == engine::Phase::measure) {
      measured_ = progress.elapsed;
      has_ended_ = !watch_->sample(measured_);
    } else {
      watch_->finish(measured_ + progress.elapsed);
    }
    return !has_ended_;
  }

  // What it spent, where the run was long enough to see it; that it has ended is the run's error.
  void tell(RunResult& result) {
    if (!watch_) return;
    watch_->finish(result.outcome.measured);
    const TargetUse use = watch_->use(result.outcome.tally.requests());
    if (use.threads > 0) result.target = use;
    if (has_ended_ || !watch_->is_alive()) result.outcome.error = "the watched process has ended";
  }

 private:
  std::optional<TargetWatch> watch_;
  Duration measured_{};
  bool has_ended_ = false;
};

// Where the format has no room for them. Before the report, which ends a log that has both.
void warn_of(const std::vector<Doubt>& doubts, const RunOptions& options) {
  const bool has_room = options.output == Output::json || options.output == Output::markdown ||
                        (options.output == Output::text && options.compat == Compat::none);
  if (has_room) return;
  for (const Doubt& doubt : doubts)
    std::fprintf(stderr, "doubt: %s: %s\n", doubt.reason.c_str(), doubt.sentence.c_str());
}

}  // namespace

int execute(const RunOptions& options, int stop) {
  auto made = make_plan(options.target);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error.c_str());
    return exit_usage;
  }
  if (options.pid && !platform::status_of(*options.pid)) {
    std::fprintf(stderr, "--pid: there is no process %d\n", *options.pid);
    return exit_usage;
  }
  engine::Plan& plan = *made.value;
  shape(plan, options);
  if (!options.log.empty()) {
    auto log = engine::RequestLog::open(options.log);
    if (!log) {
      std::fprintf(stderr, "--log: %s\n", log.error.c_str());
      return exit_unwritten;
    }
    plan.log = *log;
  }
  std::optional<RunLine> line(options);
  const bool is_logged = options.output == Output::hdrlog;
  plan.shows_latencies = line->is_shown() || is_logged;
  BatchMeans batches;
  WatchedProcess process(options.pid);
  StopOr end(stop);
  unsigned calls = 0;
  RunResult result{.intervals = IntervalLog(options.interval)};
  result.calls = labels_of(plan);
  result.asked = asked_of(options, plan);
  result.outcome = engine::run(
      plan, end.descriptor(),
      [&](const engine::Progress& progress) {
        if (progress.phase == engine::Phase::measure) {
          batches.observe(progress.elapsed, progress.successes);
          if (is_logged) result.intervals.observe(progress.elapsed, progress.latencies);
        }
        if (!process.look(progress)) end.set();
        if (line->is_shown() && ++calls % showing == 0) line->show(progress);
      },
      watching);
  line.reset();
  process.tell(result);
  if (!result.outcome.error.empty()) {
    std::fprintf(stderr, "%s\n", result.outcome.error.c_str());
    if (result.outcome.tally.requests() == 0) return exit_no_success;
  }
  result.relative_ci = batches.relative_ci();
  result.scatter = scatter_of(result.outcome.tally.slices);
  result.doubts = doubts_of(result.outcome, options);
  result.thresholds = judge(options.thresholds, figures_of(result.outcome));
  warn_of(result.doubts, options);
  print(format_run(result, options));
  const bool failed = result.outcome.tally.success_count() == 0 && !result.outcome.interrupted;
  if (failed) std::fprintf(stderr, "%s\n", why_no_success(result.outcome.tally).c_str());
  if (failed || !result.outcome.error.empty()) return exit_no_success;
  if (const int why = plan.log ? plan.log->failure() : 0; why != 0) {
    std::fprintf(stderr, "--log: \"%s\" is not complete: %s\n", options.log.c_str(),
                 std::strerror(why));
    return exit_unwritten;
  }
  return result.is_broken() ? exit_broken : exit_ok;
}

}  // namespace sweetspot::loadgen
