#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "loadgen/chart.hpp"
#include "loadgen/commands.hpp"
#include "loadgen/exit_codes.hpp"
#include "loadgen/html_report.hpp"
#include "loadgen/ladder.hpp"
#include "loadgen/sweep.hpp"
#include "loadgen/sweep_formats.hpp"
#include "loadgen/sweep_report.hpp"
#include "loadgen/target_plan.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::loadgen {
namespace {

std::string format_end(const Curve& curve, const SweepOptions& options) {
  switch (options.output) {
    case Output::json: return format_sweep_json(curve, options);
    case Output::csv: return format_sweep_csv(curve);
    case Output::markdown: return format_sweep_markdown(curve, options);
    case Output::junit: return format_sweep_junit(curve, options);
    case Output::prometheus: return format_sweep_prometheus(curve);
    default: return format_table_foot(curve, options.objective);
  }
}

// A line on stderr that is written over, for somebody who watches.
class Line {
 public:
  explicit Line(const SweepOptions& options)
      : options_(options), sizes_(ladder(options.from, options.to, options.factor)) {}

  void show(int size, const engine::Progress& progress) {
    if (++calls_ % 20 != 0) return;
    const double elapsed = tuner::seconds(progress.elapsed);
    const double rate = elapsed > 0 ? static_cast<double>(progress.requests) / elapsed : 0;
    const auto done = static_cast<std::size_t>(
        std::lower_bound(sizes_.begin(), sizes_.end(), size) - sizes_.begin());
    const double left = static_cast<double>(sizes_.size() - done) * tuner::seconds(options_.step_time) - elapsed;
    const std::size_t width = 20, filled = width * done / sizes_.size();
    std::fprintf(stderr, "\r[%s%s] %d clients  %.0f/s  about %.0f s left   ",
                 std::string(filled, '#').c_str(), std::string(width - filled, '.').c_str(), size, rate,
                 std::max(left, 0.0));
  }

  void clear() { std::fprintf(stderr, "\r%72s\r", ""); }

 private:
  const SweepOptions& options_;
  std::vector<int> sizes_;
  unsigned calls_ = 0;
};

Curve run(const engine::Plan& plan, const SweepOptions& options, int stop) {
  // The table grows where the result goes; beside data for machines it is for who watches.
  std::FILE* table = options.output == Output::text ? stdout : stderr;
  std::fputs(format_table_head(options.wide).c_str(), table);
  Line line(options);
  const bool watched = isatty(STDERR_FILENO) != 0;
  Part part = Part::ladder;
  const Level* before = nullptr;
  Level last;
  SweepWatcher watcher;
  watcher.finished = [&](const Level& level, Part now) {
    if (watched) line.clear();
    if (now != part) std::fputs(format_part(now).c_str(), table);
    before = now == Part::ladder && last.pool_size > 0 ? &last : nullptr;
    std::fputs(format_table_row(level, options.wide, before).c_str(), table);
    std::fflush(table);
    part = now;
    last = level;
  };
  if (watched) {
    watcher.running = [&](int size, const engine::Progress& progress) { line.show(size, progress); };
  }
  Curve curve = sweep(plan, options, stop, watcher);
  if (watched) line.clear();
  return curve;
}

bool write_file(const std::string& name, const std::string& text) {
  if (name.empty()) return true;
  std::ofstream file(name, std::ios::binary);
  file << text;
  file.flush();
  if (!file) std::fprintf(stderr, "cannot write the file \"%s\"\n", name.c_str());
  return static_cast<bool>(file);
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
  const Curve curve = run(*plan, options, stop);
  std::fputs(format_end(curve, options).c_str(), stdout);
  const bool written = write_file(options.svg, options.svg.empty() ? "" : draw_chart(curve)) &&
                       write_file(options.html, options.html.empty() ? "" : format_html(curve, options));
  if (!written) return exit_usage;
  if (!curve.problem.empty()) {
    std::fprintf(stderr, "%s\n", curve.problem.c_str());
    return exit_no_success;
  }
  const bool any_valid = std::any_of(curve.levels.begin(), curve.levels.end(),
                                     [](const Level& level) { return level.valid; });
  return any_valid || curve.interrupted ? exit_ok : exit_invalid;
}

}  // namespace sweetspot::loadgen
