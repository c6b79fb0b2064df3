#include "tuner/knee.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tuner/knee_noise.hpp"
#include "tuner/sentence.hpp"

namespace sweetspot::tuner {

namespace {

constexpr double least_growth = 0.12;         // d ln N below which two levels are one
constexpr int draws = 200;                    // of the curve, to see how steady the answer is
constexpr double tail = 0.05;                 // of the draws, cut off at either end of the interval
constexpr double p99_factor[] = {1.75, 2.4};  // tolerated per doubling: balanced, throughput
constexpr double about_one = 0.9;             // doublings, since in-flight is measured

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

Rise rise(const CurvePoint& lo, const CurvePoint& hi, double lo_error, double hi_error) {
  return {.gain = std::log(hi.throughput / lo.throughput),
          .growth = std::log(in_flight(hi) / in_flight(lo)),
          .error = std::max(std::hypot(lo_error, hi_error), 1e-6)};
}

double probability(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double doublings(const CurvePoint& lo, const CurvePoint& hi) {
  return std::log2(in_flight(hi) / in_flight(lo));
}

double tolerated_p99(Objective objective) {
  return p99_factor[objective == Objective::throughput ? 1 : 0];
}

// Of a step shorter than a doubling as much is tolerated as of one: just beyond a knee the first
// request that waits at all makes most of the difference.
bool latency_degrades(const CurvePoint& lo, const CurvePoint& hi, Objective objective) {
  if (lo.p99 <= Duration::zero() || hi.p99 <= Duration::zero()) return false;
  return seconds(hi.p99) / seconds(lo.p99) >
         std::pow(tolerated_p99(objective), std::max(doublings(lo, hi), 1.0));
}

Knee too_few() {
  return {.reason = "too_few_levels",
          .sentence = "not reached: at least two levels of different in-flight are needed"};
}

Knee not_reached(const CurvePoint& last, std::string sentence) {
  return {.low = last.pool_size, .reason = "not_reached", .sentence = std::move(sentence)};
}

Knee knee_by_bound(const std::vector<CurvePoint>& curve, Duration bound) {
  const auto misses =
      std::find_if(curve.begin(), curve.end(), [&](const CurvePoint& p) { return p.p99 > bound; });
  if (misses == curve.end()) {
    return not_reached(curve.back(), "not reached: p99 meets " + words(bound) +
                                         " up to the last level, " +
                                         std::to_string(curve.back().pool_size));
  }
  Knee knee{.high = misses->pool_size, .reason = "latency"};
  if (misses == curve.begin()) {
    knee.sentence = "not reached: p99 is " + words(misses->p99, bound) +
                    " already at the first level, " + std::to_string(misses->pool_size) +
                    ", over the bound of " + words(bound, misses->p99);
    return knee;
  }
  const CurvePoint& best = *(misses - 1);
  knee.sweet_spot = knee.low = best.pool_size;
  // A p99 is known to some ten percent; the nearer a level lies to the bound, the less is known.
  const double margin = std::min(std::log(seconds(misses->p99) / seconds(bound)),
                                 std::log(seconds(bound) / std::max(seconds(best.p99), 1e-9)));
  knee.confidence = probability(margin / 0.1);
  knee.sentence = std::to_string(best.pool_size) + ": p99 is " + words(best.p99, bound) +
                  ", within " + words(bound, best.p99) + "; at " +
                  std::to_string(misses->pool_size) + " it is " + words(misses->p99, bound);
  return knee;
}

// A curve with the rule it is judged by.
struct Judge {
  const std::vector<CurvePoint>& curve;
  const std::vector<double>& errors;  // of ln X, a level each
  Objective objective;
  double e_star;

  Rise step(std::size_t lo, std::size_t hi) const {
    return rise(curve[lo], curve[hi], errors[lo], errors[hi]);
  }

  // From which level p99 is looked at: one that is a doubling below, where there is one, or it
  // would creep up a fine ladder.
  std::size_t p99_base(std::size_t at, std::size_t next) const {
    while (at > 0 && doublings(curve[at], curve[next]) < about_one) --at;
    return at;
  }
  bool is_too_slow(std::size_t at, std::size_t next) const {
    return latency_degrades(curve[p99_base(at, next)], curve[next], objective);
  }

  // The next level that is worth the climb. One level that dips is noise where the one after it
  // pays for both.
  std::optional<std::size_t> next_worthy(std::size_t at) const {
    for (std::size_t next : {at + 1, at + 2}) {
      if (next >= curve.size()) break;
      if (step(at, next).z(e_star) > 0 && !is_too_slow(at, next)) return next;
    }
    return std::nullopt;
  }

  std::size_t answer() const {
    std::size_t at = 0;
    while (const auto next = next_worthy(at)) at = *next;
    return at;
  }
};

// Why a step that pays is not taken: against `base`, which may lie below the step.
std::string veto_words(const CurvePoint& base, const CurvePoint& lo, const Judge& judge) {
  char text[96];
  std::snprintf(text, sizeof text, ", more than %.4g times a doubling",
                tolerated_p99(judge.objective));
  if (base.pool_size == lo.pool_size) return text;
  return text + (" since " + std::to_string(base.pool_size) + " with " + words(base.p99));
}

Knee knee_at(const Judge& judge, std::size_t at) {
  const CurvePoint &best = judge.curve[at], &above = judge.curve[at + 1];
  const Rise step = judge.step(at, at + 1);
  Knee knee{.sweet_spot = best.pool_size,
            .low = at > 0 ? judge.curve[at - 1].pool_size : best.pool_size,
            .high = above.pool_size};
  const bool vetoed = step.z(judge.e_star) > 0 && judge.is_too_slow(at, at + 1);
  knee.reason = vetoed ? "latency" : step.gain < -step.error ? "throughput_loss" : "plateau";
  knee.confidence = vetoed ? 0.5 : probability(-step.z(judge.e_star));
  if (at > 0) knee.confidence *= probability(judge.step(at - 1, at).z(judge.e_star));
  knee.sentence = std::to_string(best.pool_size) + ": " +
                  comparison_words({.lo_limit = best.pool_size,
                                    .hi_limit = above.pool_size,
                                    .gain = step.gain,
                                    .growth = step.growth,
                                    .e_star = judge.e_star,
                                    .lo_p99 = best.p99,
                                    .hi_p99 = above.p99});
  if (vetoed) knee.sentence += veto_words(judge.curve[judge.p99_base(at, at + 1)], best, judge);
  return knee;
}

// The noise of the curve becomes that of the answer: the same judgement of curves drawn anew
// around the measured one gives the interval, and how many agree bounds the confidence.
void weigh(Knee& knee, const Judge& judge, std::size_t at) {
  std::vector<std::size_t> answers;
  for (int i = 0; i < draws; ++i) {
    const auto curve = redrawn(judge.curve, judge.errors, static_cast<std::uint64_t>(i));
    answers.push_back(Judge{curve, judge.errors, judge.objective, judge.e_star}.answer());
  }
  const auto agreed = std::count(answers.begin(), answers.end(), at);
  knee.confidence = std::min(knee.confidence, static_cast<double>(agreed) / draws);
  std::sort(answers.begin(), answers.end());
  const auto size_at = [&](double share) {
    return judge.curve[answers[static_cast<std::size_t>(share * (draws - 1))]].pool_size;
  };
  knee.low = std::min(knee.low, size_at(tail));
  knee.high = std::max(knee.high, size_at(1 - tail));
}

}  // namespace

Knee find_knee(std::vector<CurvePoint> curve, Objective objective, std::optional<double> e_star,
               std::optional<Duration> p99_bound) {
  const std::vector<CurvePoint> levels = cleaned(std::move(curve));
  if (levels.size() < 2) return too_few();
  if (objective == Objective::latency && p99_bound) return knee_by_bound(levels, *p99_bound);

  const std::vector<double> errors = throughput_errors(levels);
  const Judge judge{levels, errors, objective, e_star.value_or(default_e_star(objective))};
  const std::size_t at = judge.answer();
  if (at + 1 < levels.size()) {
    Knee knee = knee_at(judge, at);
    weigh(knee, judge, at);
    return knee;
  }
  return not_reached(
      levels[at], "not reached: throughput still rises at " + std::to_string(levels[at].pool_size) +
                      ", the last level (elasticity " +
                      elasticity_words(judge.step(at - 1, at).elasticity(), judge.e_star) + ")");
}

StepVerdict judge_step(const CurvePoint& lo, const CurvePoint& hi, Objective objective,
                       std::optional<double> e_star) {
  const auto errors = throughput_errors({lo, hi});
  const double least = e_star.value_or(default_e_star(objective));
  const Rise step = rise(lo, hi, errors[0], errors[1]);
  return {.z = step.z(least),
          .elasticity = step.elasticity(),
          .latency_degrades = latency_degrades(lo, hi, objective)};
}

}  // namespace sweetspot::tuner
