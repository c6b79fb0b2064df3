#include "service/control/load_curve.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace sweetspot::control {
namespace {

using tuner::Arm;
using tuner::Duration;

constexpr double half_life_ms = 60'000;
constexpr double least_growth = 0.12;  // of ln N: below it two points are one

// Half of the range of five is about half of the 95 % interval of their mean.
constexpr std::size_t most_measured = 5;

bool has_served(const Arm& arm) { return arm.samples > 0 && arm.throughput > 0; }

bool is_another_capacity(tuner::Reason reason) {
  return reason == tuner::Reason::capacity_fell || reason == tuner::Reason::capacity_rose;
}

bool tells_apart(const Arm& lo, const Arm& hi) {
  return lo.in_flight > 0 && std::log(hi.in_flight / lo.in_flight) >= least_growth;
}

// Half of the 95 % interval, relative: that of a count, or what the single measurements show.
double relative_interval(const LoadCurve::Point& point) {
  const auto samples = static_cast<double>(std::max<std::uint64_t>(point.arm.samples, 1));
  const double half_range = (point.throughput_high - point.throughput_low) / 2;
  return std::max(1.96 / std::sqrt(samples), half_range / point.arm.throughput);
}

}  // namespace

std::optional<LoadCurve::Step> step_between(const LoadCurve::Point& lo,
                                            const LoadCurve::Point& hi) {
  if (!tells_apart(lo.arm, hi.arm)) return {};
  return LoadCurve::Step{.from = lo.arm.limit,
                         .to = hi.arm.limit,
                         .elasticity = std::log(hi.arm.throughput / lo.arm.throughput) /
                                       std::log(hi.arm.in_flight / lo.arm.in_flight)};
}

void LoadCurve::note(const Decision& decision) {
  const auto& [lo, hi] = std::tie(decision.verdict.lo, decision.verdict.hi);
  if (is_another_capacity(decision.verdict.reason)) make_stale();
  if (lo) add(*lo, decision.unix_time_ms);
  if (hi) add(*hi, decision.unix_time_ms);
  if (lo && hi && has_served(*lo) && has_served(*hi) && tells_apart(*lo, *hi))
    elasticity_[{lo->limit, hi->limit}] = decision.verdict.elasticity;
}

void LoadCurve::add(const Arm& arm, std::int64_t unix_time_ms) {
  if (!has_served(arm)) return;
  Level& level = levels_[arm.limit];
  if (level.stale) level = {};
  level.measured.push_back({arm, unix_time_ms});
  if (level.measured.size() > most_measured) level.measured.pop_front();
  drop_oldest();
}

void LoadCurve::restore(const std::vector<Point>& earlier) {
  for (const Point& point : earlier) {
    if (!has_served(point.arm)) continue;
    levels_.emplace(point.arm.limit, Level{{{point.arm, point.unix_time_ms}}, true});
    drop_oldest();
  }
}

std::vector<LoadCurve::Point> LoadCurve::points() const {
  std::vector<Point> all;
  for (const auto& [limit, level] : levels_) all.push_back(pooled(level));
  return all;
}

// A direct comparison knows better than two points of different times.
std::vector<LoadCurve::Step> LoadCurve::steps() const {
  std::vector<Step> steps;
  std::optional<Point> below;
  for (const Point& point : points()) {
    if (point.stale) continue;
    if (below) {
      const std::pair limits(below->arm.limit, point.arm.limit);
      if (const auto compared = elasticity_.find(limits); compared != elasticity_.end())
        steps.push_back({limits.first, limits.second, compared->second, true});
      else if (const auto step = step_between(*below, point))
        steps.push_back(*step);
    }
    below = point;
  }
  return steps;
}

tuner::Knee LoadCurve::knee(tuner::Objective objective, std::optional<double> e_star,
                            std::optional<Duration> p99_bound) const {
  std::vector<tuner::CurvePoint> curve;
  for (const Point& point : points())
    if (!point.stale)
      curve.push_back({.pool_size = point.arm.limit,
                       .throughput = point.arm.throughput,
                       .p50 = point.arm.p50,
                       .p99 = point.arm.p99,
                       .in_flight = point.arm.in_flight,
                       .relative_ci = relative_interval(point)});
  return tuner::find_knee(std::move(curve), objective, e_star, p99_bound);
}

// Rates are weighed by the time in which they were measured, latencies by their samples.
LoadCurve::Point LoadCurve::pooled(const Level& level) {
  const Measured& newest = level.measured.back();
  Point point{.arm = newest.arm,
              .unix_time_ms = newest.unix_time_ms,
              .stale = level.stale,
              .throughput_low = newest.arm.throughput,
              .throughput_high = newest.arm.throughput};
  if (level.measured.size() == 1) return point;
  point.arm.samples = 0;
  double samples = 0, span = 0, in_flight = 0, p50 = 0, p99 = 0, shed = 0, failed = 0;
  for (const auto& [arm, unix_time_ms] : level.measured) {
    const auto age =
        static_cast<double>(std::max<std::int64_t>(0, point.unix_time_ms - unix_time_ms));
    const double weight = static_cast<double>(arm.samples) * std::exp2(-age / half_life_ms);
    samples += weight;
    span += weight / arm.throughput;
    in_flight += weight / arm.throughput * arm.in_flight;
    p50 += weight * static_cast<double>(arm.p50.count());
    p99 += weight * static_cast<double>(arm.p99.count());
    shed += weight * arm.shed_share;
    failed += weight * arm.failure_share;
    point.arm.samples += arm.samples;
    point.throughput_low = std::min(point.throughput_low, arm.throughput);
    point.throughput_high = std::max(point.throughput_high, arm.throughput);
  }
  point.arm.throughput = samples / span;
  point.arm.in_flight = in_flight / span;
  point.arm.p50 = Duration(std::llround(p50 / samples));
  point.arm.p99 = Duration(std::llround(p99 / samples));
  point.arm.shed_share = shed / samples;
  point.arm.failure_share = failed / samples;
  return point;
}

void LoadCurve::drop_oldest() {
  if (levels_.size() <= capacity) return;
  const auto oldest =
      std::min_element(levels_.begin(), levels_.end(), [](const auto& a, const auto& b) {
        return a.second.measured.back().unix_time_ms < b.second.measured.back().unix_time_ms;
      });
  std::erase_if(elasticity_, [limit = oldest->first](const auto& step) {
    return step.first.first == limit || step.first.second == limit;
  });
  levels_.erase(oldest);
}

void LoadCurve::make_stale() {
  for (auto& [limit, level] : levels_) {
    level.measured.erase(level.measured.begin(), level.measured.end() - 1);
    level.stale = true;
  }
  elasticity_.clear();
}

}  // namespace sweetspot::control
