#include <algorithm>
#include <cstdio>
#include <memory>

#include "loadgen/command/commands.hpp"
#include "loadgen/command/exit_codes.hpp"
#include "loadgen/command/printing.hpp"
#include "loadgen/command/progress_line.hpp"
#include "loadgen/sweep/chart.hpp"
#include "loadgen/sweep/formats.hpp"
#include "loadgen/sweep/html_report.hpp"
#include "loadgen/sweep/report.hpp"
#include "loadgen/sweep/sidecar_limit.hpp"
#include "loadgen/sweep/sweep.hpp"
#include "loadgen/targets/plan.hpp"
#include "loadgen/text/user_file.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::loadgen {
namespace {

std::string format_end(const Curve& curve, const SweepOptions& options) {
  switch (options.output) {
    case Output::json:
      return format_sweep_json(curve, options);
    case Output::csv:
      return format_sweep_csv(curve);
    case Output::markdown:
      return format_sweep_markdown(curve, options);
    case Output::junit:
      return format_sweep_junit(curve, options);
    case Output::prometheus:
      return format_sweep_prometheus(curve);
    default:
      return format_table_foot(curve, options.objective);
  }
}

Curve run(engine::Plan plan, const SweepOptions& options, int stop, SidecarLimit* sidecar) {
  // The table grows where the result goes; beside data for machines it is for who watches.
  const auto print_row = [&](const std::string& text) {
    if (options.output == Output::text) return print(text);
    std::fputs(text.c_str(), stderr);
  };
  print_row(format_table_head(options.wide));
  SweepLine line(options);
  plan.shows_latencies = line.is_shown();
  Part part = Part::ladder;
  const Level* before = nullptr;
  Level last;
  SweepWatcher watcher;
  watcher.finished = [&](const Level& level, Part now) {
    line.clear();
    if (now != part) print_row(format_part(now));
    before = now == Part::ladder && last.pool_size > 0 ? &last : nullptr;
    print_row(format_table_row(level, options.wide, before));
    part = now;
    last = level;
  };
  unsigned calls = 0;
  if (line.is_shown()) {
    watcher.running = [&](int size, const engine::Progress& progress) {
      if (++calls % 20 == 0) line.show(size, progress);
    };
  }
  Curve curve = sweep(plan, options, stop, watcher, sidecar);
  line.clear();
  return curve;
}

// Says what is wrong; whether nothing is.
bool is_written(const char* flag, const std::string& wrong) {
  if (!wrong.empty()) std::fprintf(stderr, "%s: %s\n", flag, wrong.c_str());
  return wrong.empty();
}

bool write(const char* flag, const std::string& name, const std::string& text) {
  return name.empty() || is_written(flag, write_file(name, text));
}

// Rather before the minutes that a sweep takes than after them.
bool may_write(const char* flag, const std::string& name) {
  return name.empty() || is_written(flag, try_file(name));
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
  if (!may_write("--svg", options.svg) || !may_write("--html", options.html)) return exit_unwritten;
  std::unique_ptr<SidecarLimit> sidecar;
  if (!options.via.address.empty()) {
    auto reached = SidecarLimit::reach(options.via, options.from, options.to);
    if (!reached) {
      std::fprintf(stderr, "--via: %s\n", reached.error.c_str());
      return exit_no_success;
    }
    sidecar = std::move(*reached.value);
  }
  const Curve curve = run(*plan, options, stop, sidecar.get());
  if (sidecar) {
    if (const auto wrong = sidecar->put_back(); !wrong.empty()) {
      std::fprintf(stderr, "its limit was not put back: %s\n", wrong.c_str());
    }
  }
  print(format_end(curve, options));
  const bool chart = write("--svg", options.svg, draw_chart(curve));
  const bool page = write("--html", options.html, format_html(curve, options));
  if (!chart || !page) return exit_unwritten;
  if (!curve.problem.empty()) {
    std::fprintf(stderr, "%s\n", curve.problem.c_str());
    return exit_no_success;
  }
  const bool any_valid = std::any_of(curve.levels.begin(), curve.levels.end(),
                                     [](const Level& level) { return level.valid; });
  return any_valid || curve.interrupted ? exit_ok : exit_invalid;
}

}  // namespace sweetspot::loadgen
