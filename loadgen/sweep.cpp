#include "loadgen/sweep.hpp"

#include <algorithm>

#include "loadgen/batch_means.hpp"
#include "loadgen/engine/engine.hpp"
#include "loadgen/ladder.hpp"
#include "service/platform/process.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr auto sampling = std::chrono::milliseconds(5);
constexpr Duration least_warm_up = std::chrono::milliseconds(200);
constexpr std::uint64_t least_requests = 500;  // p99 within some 20 % of the truth
constexpr std::uint64_t rounds = 10;           // requests a client, at least
constexpr int patience = 4;                    // times the step's length, where requests are rare

engine::Plan plan_of_level(engine::Plan plan, int size, Duration step_time) {
  const auto clients = static_cast<std::uint64_t>(size);
  plan.connections = size;
  plan.warm_up = {std::max(step_time / 10, least_warm_up), 2 * clients,
                  std::max(patience * step_time, least_warm_up)};
  plan.measured = {step_time, std::max(least_requests, rounds * clients), patience * step_time};
  plan.drain = std::chrono::seconds(5);
  return plan;
}

Level judge(int size, const engine::Outcome& outcome) {
  const auto& tally = outcome.tally;
  const double span = tuner::seconds(outcome.measured);
  Level level;
  level.pool_size = size;
  level.requests = tally.requests();
  const std::uint64_t successes = tally.successes.count();
  level.failures = level.requests - successes;
  if (successes == 0 || span <= 0) return level;
  level.throughput = static_cast<double>(successes) / span;
  level.p50 = tally.successes.quantile(0.5);
  level.p99 = tally.successes.quantile(0.99);
  level.mean = tally.success_time / static_cast<Duration::rep>(successes);
  level.in_flight_ratio = tuner::seconds(tally.success_time) / span / size;
  level.valid = level.in_flight_ratio >= 0.95 && level.in_flight_ratio <= 1.05;
  return level;
}

tuner::CurvePoint point_of(const Level& level) {
  return {level.pool_size, level.throughput, level.p50, level.p99,
          level.in_flight_ratio * level.pool_size, level.relative_ci};
}

std::string no_success(int size, const engine::Tally& tally) {
  std::string text = "no success with " + std::to_string(size) + " clients:";
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    if (tally.errors[i] == 0) continue;
    text.append(" ").append(std::to_string(tally.errors[i])).append(" times ");
    text.append(to_string(static_cast<engine::Error>(i)));
  }
  return tally.refusals.empty() ? text : text + " answers that say no";
}

}  // namespace

Curve sweep(engine::Plan plan, const SweepOptions& options, int stop,
            const std::function<void(const Level&)>& finished) {
  Curve curve;
  for (const int size : ladder(options.from, options.to, options.factor)) {
    BatchMeans batches;
    int threads = 0;
    const auto outcome = engine::run(
        plan_of_level(plan, size, options.step_time), stop,
        [&](const engine::Progress& progress) {
          if (progress.phase != engine::Phase::measure) return;
          batches.observe(progress.elapsed, progress.requests);
          const auto status = options.pid ? platform::status_of(*options.pid) : std::nullopt;
          if (status) threads = std::max(threads, status->threads);
        },
        sampling);
    curve.problem = outcome.error;
    curve.interrupted = outcome.interrupted;
    if (curve.interrupted || !curve.problem.empty()) break;
    if (options.pid && threads == 0) {
      curve.problem = "the process " + std::to_string(*options.pid) + " has ended";
      break;
    }
    Level level = judge(size, outcome);
    level.relative_ci = batches.relative_ci();
    if (options.pid) level.threads = threads;
    curve.levels.push_back(level);
    finished(level);
    if (level.throughput == 0) {
      curve.problem = no_success(size, outcome.tally);
      break;
    }
  }
  std::vector<tuner::CurvePoint> points;
  for (const Level& level : curve.levels) {
    if (level.valid) points.push_back(point_of(level));
  }
  curve.knee = tuner::find_knee(points, options.objective, {}, options.p99_bound);
  return curve;
}

}  // namespace sweetspot::loadgen
