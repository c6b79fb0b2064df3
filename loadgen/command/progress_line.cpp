#include "loadgen/command/progress_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "loadgen/run/interval_log.hpp"
#include "loadgen/run/load_shape.hpp"
#include "loadgen/sweep/ladder.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr Duration span = std::chrono::milliseconds(500);
constexpr int columns = 78;

std::string bar(double share) {
  std::string cells(20, '.');
  const auto filled =
      static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells.size()));
  std::fill_n(cells.begin(), filled, '#');
  return format("[%s]", cells.c_str());
}

void write_over(const std::string& text) { std::fprintf(stderr, "\r%-*s", columns, text.c_str()); }

void wipe() { std::fprintf(stderr, "\r%*s\r", columns, ""); }

}  // namespace

void Lately::observe(const engine::Progress& progress) {
  if (progress.phase != before_.phase || progress.elapsed < before_.elapsed) {
    before_ = progress;
    return;
  }
  const Duration passed = progress.elapsed - before_.elapsed;
  if (passed < span) return;
  rate_ = static_cast<double>(progress.requests - before_.requests) / tuner::seconds(passed);
  tuner::Histogram recent;
  for (const auto answer : {engine::Answer::fine, engine::Answer::client_error}) {
    const auto i = static_cast<std::size_t>(answer);
    recent.merge(difference(progress.latencies[i], before_.latencies[i]));
  }
  p99_ = recent.quantile(0.99);
  before_ = progress;
}

RunLine::RunLine(const RunOptions& options)
    : options_(options), shown_(isatty(STDERR_FILENO) != 0) {}

RunLine::~RunLine() {
  if (shown_) wipe();
}

void RunLine::show(const engine::Progress& progress) {
  lately_.observe(progress);
  if (shown_) write_over(text(progress));
}

std::string RunLine::text(const engine::Progress& progress) const {
  if (progress.phase == engine::Phase::warm_up) {
    return format("warming up %.1f s  %.0f/s", tuner::seconds(progress.elapsed), lately_.rate());
  }
  if (progress.phase == engine::Phase::drain) return "waiting for the last answers";
  const double elapsed = tuner::seconds(progress.elapsed);
  double share = 0;
  if (const auto length = length_of(options_)) share = elapsed / tuner::seconds(*length);
  if (options_.requests) {
    share = std::max(
        share, static_cast<double>(progress.requests) / static_cast<double>(*options_.requests));
  }
  const double left = share > 0 ? std::max(0.0, elapsed / share - elapsed) : 0;
  return bar(share) + format(" %3.0f %%  %.0f/s  p99 %.2f ms  %.0f s left",
                             100 * std::min(share, 1.0), lately_.rate(),
                             tuner::milliseconds(lately_.p99()), left);
}

SweepLine::SweepLine(const SweepOptions& options)
    : options_(options),
      shown_(isatty(STDERR_FILENO) != 0),
      sizes_(ladder(options.from, options.to, options.factor)) {}

void SweepLine::show(int size, const engine::Progress& progress) {
  if (size != size_) lately_ = {};
  size_ = size;
  lately_.observe(progress);
  const auto done = std::lower_bound(sizes_.begin(), sizes_.end(), size) - sizes_.begin();
  const auto count = static_cast<double>(sizes_.size());
  const double step = tuner::seconds(options_.step_time);
  const double in_step = progress.phase == engine::Phase::measure
                             ? std::min(1.0, tuner::seconds(progress.elapsed) / step)
                             : 0;
  const double share = (static_cast<double>(done) + in_step) / count;
  write_over(bar(share) + format(" at %d  %.0f/s  p99 %.2f ms  about %.0f s left", size,
                                 lately_.rate(), tuner::milliseconds(lately_.p99()),
                                 (1 - share) * count * step));
}

void SweepLine::clear() const {
  if (shown_) wipe();
}

}  // namespace sweetspot::loadgen
