#include "loadgen/sweep/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "loadgen/run/report.hpp"
#include "loadgen/sweep/ladder.hpp"
#include "loadgen/sweep/level_merge.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double sure = 1.64;           // standard errors: 95 % one-sided
constexpr double least_growth = 0.2;    // d ln N: no look between sizes that are nearer
constexpr int confirmation_factor = 2;  // so many times the length of a step

class Sweeper {
 public:
  Sweeper(const engine::Plan& plan, const SweepOptions& options, int stop,
          const SweepWatcher& watcher, SidecarLimit* sidecar)
      : plan_(plan),
        options_(options),
        stop_(stop),
        watcher_(watcher),
        sidecar_(sidecar),
        begun_(Clock::now()) {}

  Curve run() {
    climb();
    for (int i = 1; i < options_.repeats && may_go_on(); ++i) climb_again();
    judge();
    if (may_go_on() && options_.refine && curve_.knee.sweet_spot) {
      refine_upwards();
      refine_downwards();
      confirm();
    }
    if (curve_.stop.reason.empty()) explain();
    return std::move(curve_);
  }

 private:
  void climb() {
    for (const int size : ladder(options_.from, options_.to, options_.factor)) {
      const auto level = measure(size, options_.step_time);
      if (!level) return;
      curve_.levels.push_back(*level);
      watcher_.finished(*level, Part::ladder);
      if (ends_with(*level)) return;
    }
  }

  // The sizes that the first time came to, and what all times say together.
  void climb_again() {
    if (repeats_.empty()) {
      for (const Level& level : curve_.levels) repeats_.push_back({level});
    }
    for (std::size_t i = 0; i < repeats_.size(); ++i) {
      const auto level = measure(curve_.levels[i].pool_size, options_.step_time);
      if (!level) return;
      repeats_[i].push_back(*level);
      curve_.levels[i] = merged(repeats_[i]);
      watcher_.finished(curve_.levels[i], Part::repeat);
    }
  }

  // Nothing where the sweep has to end without it.
  std::optional<Level> measure(int size, Duration step_time) {
    if (left() <= Duration(0)) {
      curve_.stop = {"deadline", "the sweep's time is over"};
      return {};
    }
    const LevelRules rules{step_time,    left(),   options_.most_errors,
                           options_.pid, sidecar_, options_.clients};
    auto found = measure_level(plan_, size, rules, stop_, [&](const engine::Progress& progress) {
      if (watcher_.running) watcher_.running(size, progress);
    });
    curve_.problem = found.problem.empty() ? found.outcome.error : found.problem;
    if (!found.problem.empty()) {
      curve_.stop = {"target_exited", curve_.problem};
      return {};
    }
    if (found.target_exited) {
      curve_.problem = "the process " + std::to_string(*options_.pid) + " has ended";
      curve_.stop = {"target_exited", curve_.problem};
      return {};
    }
    if (found.outcome.interrupted) {
      curve_.interrupted = true;
      curve_.stop = {"interrupted", "interrupted; judged by the levels before"};
      return {};
    }
    if (!curve_.problem.empty()) {
      curve_.stop = {"error_rate", curve_.problem};
      return {};
    }
    if (found.level.throughput == 0)
      curve_.problem = format("at %d ", size) + why_no_success(found.outcome.tally);
    return std::move(found.level);
  }

  Duration left() const {
    return options_.deadline ? *options_.deadline - (Clock::now() - begun_) : Duration::max();
  }

  // Whether larger sizes can teach nothing any more.
  bool ends_with(const Level& level) {
    const std::string at = format("at %d ", level.pool_size);
    if (level.invalid == "no_success") {
      curve_.stop = {"error_rate", curve_.problem};
      return true;
    }
    if (level.invalid == "errors") {
      curve_.stop = {"error_rate", at + format("%.1f %% of the requests failed",
                                               100.0 * static_cast<double>(level.failures) /
                                                   static_cast<double>(level.requests))};
      return true;
    }
    if (level.invalid == "client_cpu") {
      curve_.stop = {
          "client_saturated",
          at + format("this tool itself used %.0f %% of its threads' CPU; give it more --threads",
                      100 * level.client_cpu)};
      return true;
    }
    if (level.invalid == "connections" && sidecar_ == nullptr) {
      curve_.stop = {
          "connections",
          at + format("clients only %d had an answer on their connection: the target may "
                      "keep a worker for each; with --no-keepalive they take turns",
                      static_cast<int>(level.connections))};
      return true;
    }
    if (const auto broken = broken_slo(level)) {
      curve_.stop = {"slo_exceeded", at + broken->threshold.figure + " is " +
                                         format_figure(broken->threshold.figure, *broken->value) +
                                         ", not within " + broken->threshold.text};
      return true;
    }
    return false;
  }

  std::optional<Judged> broken_slo(const Level& level) const {
    for (const Judged& judged : loadgen::judge(options_.slo, figures_of(level))) {
      if (!judged.held && judged.value) return judged;
    }
    return {};
  }

  std::vector<tuner::CurvePoint> valid_points() const {
    std::vector<tuner::CurvePoint> points;
    for (const Level& level : curve_.levels) {
      if (level.valid && !broken_slo(level)) points.push_back(point_of(level));
    }
    return points;
  }

  void judge() {
    const auto points = valid_points();
    curve_.knee = tuner::find_knee(points, options_.objective, {}, options_.p99_bound);
    curve_.votes = votes(points);
    if (curve_.knee.sweet_spot || points.empty()) return;
    if (curve_.stop.reason == "slo_exceeded")
      end_at_last(points, confidence_in_slo(points.back().pool_size), "that keeps the goal");
    else if (curve_.stop.reason == "connections")
      end_at_last(points, confidence_in_rise(points), "of which each client is served");
  }

  // The curve rises all the way to where the sweep had to end.
  void end_at_last(const std::vector<tuner::CurvePoint>& points, double confidence,
                   const char* which) {
    const int best = points.back().pool_size;
    curve_.knee = {
        .sweet_spot = best,
        .low = best,
        .high = curve_.levels.back().pool_size,
        .confidence = confidence,
        .reason = curve_.stop.reason,
        .sentence = format("%d: the last size %s; ", best, which) + curve_.stop.sentence};
  }

  // That the last size still paid.
  double confidence_in_rise(const std::vector<tuner::CurvePoint>& points) const {
    if (points.size() < 2) return 0.5;
    const auto& last = points.end()[-1];
    const auto step = tuner::judge_step(points.end()[-2], last, options_.objective);
    return 0.5 * std::erfc(-step.z / std::sqrt(2.0));
  }

  // A quantile is known to some ten percent: the nearer to the bound, the less is known.
  double confidence_in_slo(int size) const {
    double least = 1;
    for (const Level& level : curve_.levels) {
      if (level.pool_size != size && &level != &curve_.levels.back()) continue;
      for (const Judged& judged : loadgen::judge(options_.slo, figures_of(level))) {
        if (!judged.value || *judged.value <= 0 || judged.threshold.bound <= 0) continue;
        if (judged.held != (level.pool_size == size)) continue;
        const double margin = std::abs(std::log(*judged.value / judged.threshold.bound));
        least = std::min(least, 0.5 * std::erfc(-margin / 0.1 / std::sqrt(2.0)));
      }
    }
    return least;
  }

  bool may_go_on() const { return !curve_.interrupted && curve_.problem.empty(); }

  const Level* level_of(int size) const {
    for (const auto* levels : {&curve_.refinement, &curve_.levels}) {
      for (const Level& level : *levels) {
        if (level.pool_size == size && level.valid) return &level;
      }
    }
    return nullptr;
  }

  // The neighbours among what was measured; 0 where there is none.
  int neighbour(int size, bool above) const {
    int best = 0;
    for (const auto* levels : {&curve_.refinement, &curve_.levels}) {
      for (const Level& level : *levels) {
        const int other = level.pool_size;
        if (above ? other > size && (best == 0 || other < best) : other < size && other > best)
          best = other;
      }
    }
    return best;
  }

  std::optional<Level> measure_between(int low, int high) {
    if (low < 1 || high < 1 || std::log(static_cast<double>(high) / low) < 2 * least_growth)
      return {};
    const int middle = static_cast<int>(std::lround(std::sqrt(static_cast<double>(low) * high)));
    if (middle <= low || middle >= high) return {};
    auto level = measure(middle, options_.step_time);
    if (!level) return {};
    curve_.refinement.push_back(*level);
    watcher_.finished(*level, Part::refinement);
    return level;
  }

  bool keeps_goals(const Level& level) const {
    return level.valid && !broken_slo(level) &&
           (!options_.p99_bound || level.p99 <= *options_.p99_bound);
  }

  // Between the last good size and the first bad one: is there a good one that is larger?
  void refine_upwards() {
    while (true) {
      const int good = *curve_.knee.sweet_spot;
      const auto middle = measure_between(good, neighbour(good, true));
      const Level* from = level_of(good);
      if (!middle || !from) break;
      const auto step = tuner::judge_step(point_of(*from), point_of(*middle), options_.objective);
      const bool by_bound = curve_.knee.reason == "slo_exceeded" || options_.p99_bound;
      const bool pays = by_bound || (step.z > sure && !step.latency_degrades);
      if (pays && keeps_goals(*middle)) {
        move_to(middle->pool_size, step, "still pays");
        curve_.knee.low = std::max(curve_.knee.low, good);
      } else if (middle->valid && (by_bound || step.z < -sure || step.latency_degrades)) {
        curve_.knee.high = std::min(curve_.knee.high, middle->pool_size);
      }
    }
  }

  // Has a smaller size between the last two good ones all that the good one has?
  void refine_downwards() {
    if (curve_.knee.reason == "slo_exceeded" || options_.p99_bound) return;
    const int good = *curve_.knee.sweet_spot;
    const int below = neighbour(good, false);
    const auto middle = measure_between(below, good);
    const Level* to = level_of(good);
    if (!middle || !to || !middle->valid) return;
    const auto step = tuner::judge_step(point_of(*middle), point_of(*to), options_.objective);
    if (step.z < -sure) {
      move_to(middle->pool_size, step, "is enough");
      curve_.knee.high = std::min(curve_.knee.high, good);
    } else if (step.z > sure) {
      curve_.knee.low = std::max(curve_.knee.low, middle->pool_size);
    }
  }

  void move_to(int size, const tuner::StepVerdict& step, const char* why) {
    const int before = *curve_.knee.sweet_spot;
    curve_.knee.sweet_spot = size;
    curve_.knee.low = std::min(curve_.knee.low, size);
    curve_.knee.high = std::max(curve_.knee.high, size);
    curve_.knee.sentence =
        format("%d %s: between it and %d the elasticity is %.2f; on the ladder, ", size, why,
               before, step.elasticity) +
        curve_.knee.sentence;
  }

  void confirm() {
    if (!may_go_on()) return;
    const int size = *curve_.knee.sweet_spot;
    const auto level = measure(size, confirmation_factor * options_.step_time);
    if (!level) return;
    curve_.confirmation = *level;
    watcher_.finished(*level, Part::confirmation);
    const Level* before = level_of(size);
    if (!before || !level->valid) return;
    const double off = std::abs(std::log(level->throughput / before->throughput));
    const double error =
        std::hypot(before->relative_ci.value_or(0.05), level->relative_ci.value_or(0.05)) / 1.96;
    curve_.confirmed = off <= std::max(3 * error, 0.05);
    if (!curve_.confirmed) curve_.knee.confidence /= 2;
  }

  void explain() {
    const auto& knee = curve_.knee;
    if (!knee.sweet_spot) {
      const int last = curve_.levels.empty() ? 0 : curve_.levels.back().pool_size;
      curve_.stop = {"max_reached",
                     format("at least %d: the largest size was reached before the knee", last)};
    } else {
      curve_.stop = {knee.reason == "throughput_loss" ? "retrograde" : knee.reason, knee.sentence};
    }
  }

  const engine::Plan& plan_;
  const SweepOptions& options_;
  int stop_;
  const SweepWatcher& watcher_;
  SidecarLimit* sidecar_;
  Clock::time_point begun_;
  std::vector<std::vector<Level>> repeats_;  // of each size, where there are any
  Curve curve_;
};

}  // namespace

Curve sweep(const engine::Plan& plan, const SweepOptions& options, int stop,
            const SweepWatcher& watcher, SidecarLimit* sidecar) {
  return Sweeper(plan, options, stop, watcher, sidecar).run();
}

}  // namespace sweetspot::loadgen
