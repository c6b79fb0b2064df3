#include <cstdio>

#include "loadgen/commands.hpp"
#include "loadgen/exit_codes.hpp"
#include "loadgen/sweep.hpp"
#include "loadgen/sweep_report.hpp"
#include "loadgen/target_plan.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::loadgen {
namespace {

std::string format_end(const Curve& curve, const SweepOptions& options) {
  switch (options.output) {
    case Output::json: return format_sweep_json(curve, options);
    case Output::csv: return format_sweep_csv(curve);
    case Output::text: break;
  }
  return format_table_foot(curve, options.objective);
}

}  // namespace

int execute(const SweepOptions& options, int stop) {
  const auto plan = make_plan(options.target);
  if (!plan) {
    std::fprintf(stderr, "%s\n", plan.error.c_str());
    return exit_usage;
  }
  if (options.pid && !platform::status_of(*options.pid)) {
    std::fprintf(stderr, "--pid: there is no process %d\n", *options.pid);
    return exit_usage;
  }
  // The table grows where the result goes; beside data for machines it is for who watches.
  std::FILE* table = options.output == Output::text ? stdout : stderr;
  std::fputs(format_table_head().c_str(), table);
  const Curve curve = sweep(*plan, options, stop, [table](const Level& level) {
    std::fputs(format_table_row(level).c_str(), table);
    std::fflush(table);
  });
  std::fputs(format_end(curve, options).c_str(), stdout);
  if (curve.problem.empty()) return exit_ok;
  std::fprintf(stderr, "%s\n", curve.problem.c_str());
  return exit_no_success;
}

}  // namespace sweetspot::loadgen
