#include <unistd.h>

#include <cstdio>

#include "loadgen/commands.hpp"
#include "loadgen/exit_codes.hpp"
#include "loadgen/run_report.hpp"
#include "loadgen/target_plan.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr Duration usual_duration = std::chrono::seconds(10);

void set_stretches(engine::Plan& plan, const RunOptions& options) {
  plan.connections = options.connections;
  plan.requests = options.requests;
  plan.rate = options.rate;
  plan.warm_up = {options.warm_up, 0, options.warm_up};
  if (options.duration || !options.requests) {
    plan.measured.at_least = options.duration.value_or(usual_duration);
  }
}

// A line that is written over, for somebody who watches.
void show(const engine::Progress& progress) {
  constexpr const char* phases[] = {"warming up", "measuring", "waiting for the last answers"};
  std::fprintf(stderr, "\r%-30s %6.1f s %12llu requests", phases[static_cast<int>(progress.phase)],
               tuner::seconds(progress.elapsed), static_cast<unsigned long long>(progress.requests));
}

}  // namespace

int execute(const RunOptions& options, int stop) {
  auto plan = make_plan(options.target);
  if (!plan) {
    std::fprintf(stderr, "%s\n", plan.error.c_str());
    return exit_usage;
  }
  set_stretches(*plan.value, options);
  const bool watched = isatty(STDERR_FILENO) != 0;
  const auto outcome = engine::run(*plan, stop, [watched](const engine::Progress& progress) {
    if (watched) show(progress);
  });
  if (watched) std::fprintf(stderr, "\r%72s\r", "");
  if (!outcome.error.empty()) {
    std::fprintf(stderr, "%s\n", outcome.error.c_str());
    return exit_no_success;
  }
  std::fputs(format_run(outcome, options).c_str(), stdout);
  return outcome.tally.successes.empty() && !outcome.interrupted ? exit_no_success : exit_ok;
}

}  // namespace sweetspot::loadgen
