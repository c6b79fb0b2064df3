#include "loadgen/run/scatter.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::loadgen {
namespace {

constexpr std::size_t fewest = 5;  // slices that say something of their scatter

// Student's t at 97.5 %, for the few degrees of freedom that slices leave: within 3 %.
double student_t(std::size_t slices) { return 1.96 + 2.6 / static_cast<double>(slices - 1); }

double sigmas_of(const engine::Slices& slices, const tuner::Histogram& whole, double q) {
  constexpr double independent = 1.96;
  const tuner::Duration quantile = whole.quantile(q);
  const double above = whole.share_above(quantile);
  const auto n = static_cast<double>(whole.count());
  double squares = 0;
  std::size_t filled = 0;
  for (const tuner::Histogram& slice : slices.all()) {
    if (slice.empty()) continue;
    ++filled;
    const double off = static_cast<double>(slice.count()) * (slice.share_above(quantile) - above);
    squares += off * off;
  }
  const double of_independent = n * above * (1 - above);
  if (filled < fewest || of_independent <= 0) return independent;
  const auto k = static_cast<double>(filled);
  const double ratio = std::sqrt(squares * k / (k - 1) / of_independent);
  return std::max(independent, student_t(filled) * ratio);
}

}  // namespace

Scatter scatter_of(const engine::Slices& slices) {
  tuner::Histogram whole;
  for (const tuner::Histogram& slice : slices.all()) whole.merge(slice);
  return {sigmas_of(slices, whole, 0.5), sigmas_of(slices, whole, 0.9),
          sigmas_of(slices, whole, 0.99)};
}

}  // namespace sweetspot::loadgen
