#include "tuner/knee.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "tuner/sentence.hpp"

namespace sweetspot::tuner {

namespace {

constexpr double assumed_ci = 0.05;        // where a level does not say how sure it is
constexpr double least_growth = 0.12;      // d ln N below which two levels are one
constexpr double p99_factor[] = {1.75, 2.4};  // tolerated per doubling: balanced, throughput

double in_flight(const CurvePoint& p) {
  return p.in_flight.value_or(static_cast<double>(p.pool_size));
}

bool is_usable(const CurvePoint& p) {
  return p.pool_size >= 1 && std::isfinite(p.throughput) && p.throughput > 0 &&
         std::isfinite(in_flight(p)) && in_flight(p) > 0;
}

// Sorted by size; of levels between which in-flight did not grow only the first is kept, since
// they say nothing about a larger size.
std::vector<CurvePoint> cleaned(std::vector<CurvePoint> curve) {
  std::erase_if(curve, [](const CurvePoint& p) { return !is_usable(p); });
  std::sort(curve.begin(), curve.end(), [](const CurvePoint& a, const CurvePoint& b) {
    if (a.pool_size != b.pool_size) return a.pool_size < b.pool_size;
    if (a.throughput != b.throughput) return a.throughput < b.throughput;
    return a.p99 < b.p99;
  });
  std::vector<CurvePoint> kept;
  for (const CurvePoint& p : curve) {
    if (kept.empty() || std::log(in_flight(p) / in_flight(kept.back())) >= least_growth) {
      kept.push_back(p);
    }
  }
  return kept;
}

// The step between two levels: how far its elasticity is from e*, and how sure that is.
struct Rise {
  double gain = 0, growth = 0, error = 0;
  double elasticity() const { return gain / growth; }
  double z(double e_star) const { return (gain - e_star * growth) / error; }
};

Rise rise(const CurvePoint& lo, const CurvePoint& hi) {
  const double ci = std::hypot(lo.relative_ci.value_or(assumed_ci), hi.relative_ci.value_or(assumed_ci));
  return {.gain = std::log(hi.throughput / lo.throughput),
          .growth = std::log(in_flight(hi) / in_flight(lo)),
          .error = std::max(ci / 1.96, 1e-6)};
}

double probability(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

bool latency_degrades(const CurvePoint& lo, const CurvePoint& hi, Objective objective) {
  if (lo.p99 <= Duration::zero() || hi.p99 <= Duration::zero()) return false;
  const double tolerated = p99_factor[objective == Objective::throughput ? 1 : 0];
  const double doublings = std::log2(in_flight(hi) / in_flight(lo));
  return seconds(hi.p99) / seconds(lo.p99) > std::pow(tolerated, std::max(doublings, 0.5));
}

Knee too_few() {
  return {.reason = "too_few_levels",
          .sentence = "not reached: at least two levels of different in-flight are needed"};
}

Knee not_reached(const CurvePoint& last, std::string sentence) {
  return {.low = last.pool_size, .reason = "not_reached", .sentence = std::move(sentence)};
}

Knee knee_by_bound(const std::vector<CurvePoint>& curve, Duration bound) {
  const auto misses = std::find_if(curve.begin(), curve.end(),
                                   [&](const CurvePoint& p) { return p.p99 > bound; });
  if (misses == curve.end()) {
    return not_reached(curve.back(), "not reached: p99 meets " + words(bound) + " up to the last level, " +
                                         std::to_string(curve.back().pool_size));
  }
  Knee knee{.high = misses->pool_size, .reason = "latency"};
  if (misses == curve.begin()) {
    knee.sentence = "not reached: p99 is " + words(misses->p99) + " already at the first level, " +
                    std::to_string(misses->pool_size) + ", over the bound of " + words(bound);
    return knee;
  }
  const CurvePoint& best = *(misses - 1);
  knee.sweet_spot = knee.low = best.pool_size;
  // A p99 is known to some ten percent; the nearer a level lies to the bound, the less is known.
  const double margin = std::min(std::log(seconds(misses->p99) / seconds(bound)),
                                 std::log(seconds(bound) / std::max(seconds(best.p99), 1e-9)));
  knee.confidence = probability(margin / 0.1);
  knee.sentence = std::to_string(best.pool_size) + ": p99 is " + words(best.p99) + ", within " +
                  words(bound) + "; at " + std::to_string(misses->pool_size) + " it is " +
                  words(misses->p99);
  return knee;
}

// The next level that is worth the climb. One level that dips is noise where the one after it
// pays for both.
std::optional<std::size_t> next_worthy(const std::vector<CurvePoint>& curve, std::size_t at,
                                       Objective objective, double e_star) {
  for (std::size_t next : {at + 1, at + 2}) {
    if (next >= curve.size()) break;
    if (rise(curve[at], curve[next]).z(e_star) > 0 &&
        !latency_degrades(curve[at], curve[next], objective)) {
      return next;
    }
  }
  return std::nullopt;
}

Knee knee_at(const std::vector<CurvePoint>& curve, std::size_t at, Objective objective, double e_star) {
  const CurvePoint &best = curve[at], &above = curve[at + 1];
  const Rise step = rise(best, above);
  Knee knee{.sweet_spot = best.pool_size,
            .low = at > 0 ? curve[at - 1].pool_size : best.pool_size,
            .high = above.pool_size};
  const bool vetoed = step.z(e_star) > 0 && latency_degrades(best, above, objective);
  knee.reason = vetoed ? "latency" : step.gain < -step.error ? "throughput_loss" : "plateau";
  knee.confidence = vetoed ? 0.5 : probability(-step.z(e_star));
  if (at > 0) knee.confidence *= probability(rise(curve[at - 1], best).z(e_star));
  knee.sentence = std::to_string(best.pool_size) + ": " +
                  comparison_words({.lo_limit = best.pool_size,
                                    .hi_limit = above.pool_size,
                                    .gain = step.gain,
                                    .growth = step.growth,
                                    .e_star = e_star,
                                    .lo_p99 = best.p99,
                                    .hi_p99 = above.p99});
  return knee;
}

}  // namespace

Knee find_knee(std::vector<CurvePoint> curve, Objective objective, std::optional<double> e_star,
               std::optional<Duration> p99_bound) {
  const std::vector<CurvePoint> levels = cleaned(std::move(curve));
  if (levels.size() < 2) return too_few();
  if (objective == Objective::latency && p99_bound) return knee_by_bound(levels, *p99_bound);

  const double least = e_star.value_or(default_e_star(objective));
  std::size_t at = 0;
  while (const auto next = next_worthy(levels, at, objective, least)) at = *next;
  if (at + 1 < levels.size()) return knee_at(levels, at, objective, least);

  const Rise last = rise(levels[at - 1], levels[at]);
  char sentence[160];
  std::snprintf(sentence, sizeof sentence,
                "not reached: throughput still rises at %d, the last level (elasticity %.2f > %.2f)",
                levels[at].pool_size, last.elasticity(), least);
  return not_reached(levels[at], sentence);
}

}  // namespace sweetspot::tuner
