#include "service/control/recent.hpp"

namespace sweetspot::control {

Recent::Recent(TimePoint now) : current_since_(now) {}

void Recent::add(const Measurement::Seen& seen, bool at_held, TimePoint now) {
  rotate(now);
  Cell& cell = cells_[current_];
  cell.span += seen.window.span;
  cell.successes += seen.window.successes;
  cell.latency.merge(seen.all_latency);
  if (!at_held) return;
  cell.held_span += seen.window.span;
  cell.held_successes += seen.window.successes;
  cell.held_latency.merge(seen.window.latency);
}

Recent::Figures Recent::figures(TimePoint now) const {
  Cell sum;
  const bool current_is_stale = now - current_since_ >= cells_.size() * cell_span;
  if (!current_is_stale) {
    for (const Cell& cell : cells_) {
      sum.span += cell.span;
      sum.held_span += cell.held_span;
      sum.successes += cell.successes;
      sum.held_successes += cell.held_successes;
      sum.latency.merge(cell.latency);
      sum.held_latency.merge(cell.held_latency);
    }
  }
  const auto rate = [](std::uint64_t count, Duration span) {
    return span > Duration::zero() ? static_cast<double>(count) / tuner::seconds(span) : 0.0;
  };
  Figures figures{.span = sum.span,
                  .throughput = rate(sum.successes, sum.span),
                  .p50 = sum.latency.quantile(0.5),
                  .p99 = sum.latency.quantile(0.99),
                  .held_throughput = rate(sum.held_successes, sum.held_span),
                  .held_p50 = sum.held_latency.quantile(0.5),
                  .held_p99 = sum.held_latency.quantile(0.99)};
  if (sum.successes > 0)
    figures.exploration_share =
        1.0 - static_cast<double>(sum.held_successes) / static_cast<double>(sum.successes);
  return figures;
}

void Recent::rotate(TimePoint now) {
  if (now - current_since_ < cell_span) return;
  current_ = (current_ + 1) % cells_.size();
  current_since_ = now;
  cells_[current_] = {};
}

}  // namespace sweetspot::control
