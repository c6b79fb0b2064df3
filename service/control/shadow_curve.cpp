#include "service/control/shadow_curve.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace sweetspot::control {
namespace {

constexpr std::size_t least_windows = 5;  // of a level that counts
constexpr std::uint64_t least_successes = 100;
constexpr std::size_t generation = 120;  // windows, then it becomes the one before
constexpr Duration remembered = std::chrono::minutes(60);

}  // namespace

void ShadowCurve::Sums::add(const tuner::Window& window, TimePoint now) {
  ++windows;
  all.merge(window);
  const double x = window.throughput();
  throughput += x;
  squared_throughput += x * x;
  last = now;
}

void ShadowCurve::Sums::merge(const Sums& other) {
  windows += other.windows;
  all.merge(other.all);
  throughput += other.throughput;
  squared_throughput += other.squared_throughput;
  last = std::max(last, other.last);
}

void ShadowCurve::add(const tuner::Window& window, TimePoint now) {
  const double in_flight = window.mean_in_flight();
  if (window.successes == 0 || in_flight < 0.5) return;
  const auto at = std::lround(2 * std::log2(std::max(1.0, in_flight)));
  Level& level = levels_[std::min(static_cast<std::size_t>(at), levels - 1)];
  if (level.current.windows == generation) level.before = std::exchange(level.current, {});
  level.current.add(window, now);
}

std::vector<ShadowCurve::Measured> ShadowCurve::measured(TimePoint now) const {
  std::vector<Measured> curve;
  for (std::size_t i = 0; i < levels; ++i) {
    Sums sums;
    for (const Sums* each : {&levels_[i].before, &levels_[i].current})
      if (each->windows > 0 && now - each->last < remembered) sums.merge(*each);
    if (sums.windows < least_windows || sums.all.successes < least_successes) continue;
    const auto count = static_cast<double>(sums.windows);
    const double mean = sums.throughput / count;
    const double variance = std::max(0.0, sums.squared_throughput / count - mean * mean);
    curve.push_back({.point = {.pool_size = static_cast<int>(
                                   std::lround(std::exp2(static_cast<double>(i) / 2))),
                               .throughput = sums.all.throughput(),
                               .p50 = sums.all.latency.quantile(0.5),
                               .p99 = sums.all.latency.quantile(0.99),
                               .in_flight = sums.all.mean_in_flight(),
                               .relative_ci = 1.96 * std::sqrt(variance / count) / mean},
                     .successes = sums.all.successes,
                     .last = sums.last});
  }
  return curve;
}

std::optional<tuner::Knee> ShadowCurve::judge(tuner::Objective objective,
                                              std::optional<double> e_star,
                                              std::optional<Duration> p99_bound,
                                              TimePoint now) const {
  std::vector<tuner::CurvePoint> curve;
  for (auto& level : measured(now)) curve.push_back(level.point);
  if (curve.size() < 2) return {};
  return tuner::find_knee(std::move(curve), objective, e_star, p99_bound);
}

}  // namespace sweetspot::control
