#include "service/observe/learnt_curve.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace sweetspot::observe {
namespace {

using control::Decision;
using tuner::Arm;
using tuner::Duration;
using tuner::Reason;

constexpr double half_life_ms = 60'000;
constexpr double least_growth = 0.05;  // of ln N, for an elasticity to mean something

struct Measured {
  const Arm* arm;
  std::int64_t unix_time_ms;
};

bool is_change_of_capacity(const Decision& decision) {
  return decision.verdict.reason == Reason::capacity_fell ||
         decision.verdict.reason == Reason::capacity_rose;
}

// Rates are weighed by the time in which they were measured, latencies by their samples.
LearntPoint pooled(const std::vector<Measured>& arms) {
  LearntPoint point;
  point.arm.limit = arms.front().arm->limit;
  for (const auto& measured : arms)
    point.unix_time_ms = std::max(point.unix_time_ms, measured.unix_time_ms);
  double samples = 0, span = 0, in_flight = 0, p50 = 0, p99 = 0, shed = 0, failed = 0;
  point.throughput_low = point.throughput_high = arms.front().arm->throughput;
  for (const auto& [arm, unix_time_ms] : arms) {
    const auto age = static_cast<double>(point.unix_time_ms - unix_time_ms);
    const double weight = static_cast<double>(arm->samples) * std::exp2(-age / half_life_ms);
    samples += weight;
    span += weight / arm->throughput;
    in_flight += weight / arm->throughput * arm->in_flight;
    p50 += weight * static_cast<double>(arm->p50.count());
    p99 += weight * static_cast<double>(arm->p99.count());
    shed += weight * arm->shed_share;
    failed += weight * arm->failure_share;
    point.arm.samples += arm->samples;
    point.throughput_low = std::min(point.throughput_low, arm->throughput);
    point.throughput_high = std::max(point.throughput_high, arm->throughput);
  }
  point.arm.throughput = samples / span;
  point.arm.in_flight = in_flight / span;
  point.arm.p50 = Duration(std::llround(p50 / samples));
  point.arm.p99 = Duration(std::llround(p99 / samples));
  point.arm.shed_share = shed / samples;
  point.arm.failure_share = failed / samples;
  return point;
}

using ByLimit = std::map<int, std::vector<Measured>>;

ByLimit arms_of(std::deque<Decision>::const_iterator begin,
                std::deque<Decision>::const_iterator end) {
  ByLimit by_limit;
  for (auto decision = begin; decision != end; ++decision)
    for (const auto* arm : {&decision->verdict.lo, &decision->verdict.hi})
      if (*arm && (*arm)->samples > 0 && (*arm)->throughput > 0)
        by_limit[(*arm)->limit].push_back({&**arm, decision->unix_time_ms});
  return by_limit;
}

std::optional<LearntStep> step_between(const LearntPoint& lo, const LearntPoint& hi) {
  const double growth = std::log(hi.arm.in_flight / lo.arm.in_flight);
  if (!(growth > least_growth)) return {};
  return LearntStep{.from = lo.arm.limit,
                    .to = hi.arm.limit,
                    .elasticity = std::log(hi.arm.throughput / lo.arm.throughput) / growth};
}

// The newest comparison of these two limits knows better than two points of different times.
std::optional<LearntStep> step_between(const LearntPoint& lo, const LearntPoint& hi,
                                       const std::deque<Decision>& decisions) {
  const int from = lo.arm.limit, to = hi.arm.limit;
  const auto compared =
      std::find_if(decisions.rbegin(), decisions.rend(), [&](const Decision& decision) {
        const auto& verdict = decision.verdict;
        return verdict.lo && verdict.hi && verdict.lo->limit == from && verdict.hi->limit == to;
      });
  if (compared == decisions.rend()) return step_between(lo, hi);
  return LearntStep{from, to, compared->verdict.elasticity, true};
}

}  // namespace

LearntCurve learnt_curve(const std::deque<Decision>& decisions) {
  // What was measured before the capacity changed counts only where nothing newer is known.
  const auto changed =
      std::find_if(decisions.rbegin(), decisions.rend(), is_change_of_capacity).base();
  ByLimit fresh = arms_of(changed, decisions.end());
  LearntCurve curve;
  for (auto& [limit, arms] : arms_of(decisions.begin(), changed))
    if (!fresh.contains(limit)) {
      curve.points.push_back(pooled({arms.back()}));
      curve.points.back().is_stale = true;
    }
  for (const auto& [limit, arms] : fresh) curve.points.push_back(pooled(arms));
  std::sort(curve.points.begin(), curve.points.end(),
            [](const auto& one, const auto& other) { return one.arm.limit < other.arm.limit; });
  for (std::size_t i = 1; i < curve.points.size(); ++i)
    if (const auto step = step_between(curve.points[i - 1], curve.points[i], decisions))
      curve.steps.push_back(*step);
  for (const auto& decision : decisions)
    if (decision.verdict.lo && decision.verdict.hi) curve.e_star = decision.verdict.e_star;
  return curve;
}

LearntCurve demand_curve(const std::vector<tuner::CurvePoint>& points, std::int64_t unix_time_ms) {
  LearntCurve curve;
  for (const auto& level : points) {
    LearntPoint point;
    point.arm = {.limit = level.pool_size,
                 .samples = 1,
                 .throughput = level.throughput,
                 .in_flight = level.in_flight.value_or(level.pool_size),
                 .p50 = level.p50.value_or(Duration{}),
                 .p99 = level.p99};
    const double half = level.throughput * level.relative_ci.value_or(0);
    point.throughput_low = level.throughput - half;
    point.throughput_high = level.throughput + half;
    point.unix_time_ms = unix_time_ms;
    curve.points.push_back(point);
  }
  for (std::size_t i = 1; i < curve.points.size(); ++i)
    if (const auto step = step_between(curve.points[i - 1], curve.points[i]))
      curve.steps.push_back(*step);
  return curve;
}

}  // namespace sweetspot::observe
