#include "service/control/load_curve.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::control {
namespace {

// Half of the 95 % interval of a count, relative to it: Poisson's, for a point tells no more.
double relative_interval(std::uint64_t samples) {
  return 1.96 / std::sqrt(static_cast<double>(std::max<std::uint64_t>(samples, 1)));
}

bool is_another_capacity(tuner::Reason reason) {
  return reason == tuner::Reason::capacity_fell || reason == tuner::Reason::capacity_rose;
}

}  // namespace

void LoadCurve::note(const Decision& decision) {
  if (is_another_capacity(decision.verdict.reason))
    for (auto& [limit, point] : points_) point.stale = true;
  for (const auto& arm : {decision.verdict.lo, decision.verdict.hi}) {
    if (!arm || arm->samples == 0) continue;
    points_[arm->limit] = {.arm = *arm, .unix_time_ms = decision.unix_time_ms};
    if (points_.size() > capacity) drop_oldest();
  }
}

void LoadCurve::restore(const std::vector<Point>& earlier) {
  for (Point point : earlier) {
    point.stale = true;
    points_.emplace(point.arm.limit, point);
    if (points_.size() > capacity) drop_oldest();
  }
}

std::vector<LoadCurve::Point> LoadCurve::points() const {
  std::vector<Point> all;
  for (const auto& [limit, point] : points_) all.push_back(point);
  return all;
}

tuner::Knee LoadCurve::knee(tuner::Objective objective, std::optional<double> e_star,
                            std::optional<tuner::Duration> p99_bound) const {
  std::vector<tuner::CurvePoint> curve;
  for (const auto& [limit, point] : points_)
    if (!point.stale)
      curve.push_back({.pool_size = limit,
                       .throughput = point.arm.throughput,
                       .p50 = point.arm.p50,
                       .p99 = point.arm.p99,
                       .in_flight = point.arm.in_flight,
                       .relative_ci = relative_interval(point.arm.samples)});
  return tuner::find_knee(std::move(curve), objective, e_star, p99_bound);
}

void LoadCurve::drop_oldest() {
  points_.erase(std::min_element(points_.begin(), points_.end(), [](const auto& a, const auto& b) {
    return a.second.unix_time_ms < b.second.unix_time_ms;
  }));
}

}  // namespace sweetspot::control
