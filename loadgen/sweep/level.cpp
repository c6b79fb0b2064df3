#include "loadgen/sweep/level.hpp"

#include <algorithm>

#include "loadgen/run/batch_means.hpp"
#include "loadgen/run/stop_or.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr auto sampling = std::chrono::milliseconds(5);
constexpr Duration least_warm_up = std::chrono::milliseconds(200);
constexpr std::uint64_t least_requests = 500;  // p99 within some 20 % of the truth
constexpr std::uint64_t rounds = 10;           // requests a client, at least
constexpr int patience = 4;                    // times the step's length, where requests are rare
constexpr Duration memory_of_sidecar = std::chrono::seconds(10);  // its figures are of so long
constexpr Duration looking = std::chrono::milliseconds(50);       // how often it is asked
constexpr Duration grace = std::chrono::seconds(30);  // a pin outlives its level by this
constexpr double most_client_cpu = 0.85;  // of a thread: beyond it the tool may be the limit

int clients_of(int size, const LevelRules& rules) {
  return rules.sidecar == nullptr ? size : rules.clients.value_or(2 * size);
}

engine::Plan plan_of_level(engine::Plan plan, int size, const LevelRules& rules) {
  const Duration step_time =
      rules.sidecar == nullptr ? rules.step_time : std::max(rules.step_time, memory_of_sidecar);
  const auto clients = static_cast<std::uint64_t>(clients_of(size, rules));
  const Duration longest = std::min(patience * step_time, rules.at_most);
  plan.connections = static_cast<int>(clients);
  plan.warm_up = {std::min(std::max(step_time / 10, least_warm_up), longest), 2 * clients,
                  std::max(longest, least_warm_up)};
  plan.measured = {std::min(step_time, longest), std::max(least_requests, rounds * clients),
                   longest};
  plan.drain = std::chrono::seconds(5);
  return plan;
}

std::string why_invalid(const Level& level, double most_errors) {
  const double requests = static_cast<double>(level.requests);
  if (level.requests == level.failures) return "no_success";
  if (static_cast<double>(level.failures) > most_errors * requests) return "errors";
  if (level.connections < static_cast<std::uint64_t>(level.clients)) return "connections";
  if (level.client_cpu >= most_client_cpu) return "client_cpu";
  if (level.in_flight_ratio < 0.95 || level.in_flight_ratio > 1.05) return "in_flight";
  return {};
}

Level level_of(int size, const engine::Plan& plan, const engine::Outcome& outcome) {
  const auto& tally = outcome.tally;
  const double span = tuner::seconds(outcome.measured);
  Level level;
  level.pool_size = size;
  level.clients = plan.connections;
  level.requests = tally.requests();
  level.connections = tally.connections;
  level.latency = tally.successes();
  const std::uint64_t successes = level.latency.count();
  level.failures = level.requests - successes;
  if (successes > 0 && span > 0) {
    level.throughput = static_cast<double>(successes) / span;
    level.p50 = level.latency.quantile(0.5);
    level.p99 = level.latency.quantile(0.99);
    level.mean = tally.success_time / static_cast<Duration::rep>(successes);
    level.in_flight_ratio = tuner::seconds(tally.success_time) / span / size;
    level.client_cpu =
        tuner::seconds(outcome.client_cpu) / span / std::min(plan.threads, plan.connections);
  }
  return level;
}

// Asks a sidecar while a level runs.
class SidecarWatch {
 public:
  SidecarWatch(SidecarLimit* sidecar, std::string& problem)
      : sidecar_(sidecar), problem_(problem) {}

  // False once it does not answer.
  bool sample(Duration elapsed) {
    if (sidecar_ == nullptr || elapsed < next_) return true;
    next_ = elapsed + looking;
    problem_ = sidecar_->look(last_);
    in_flight_ += last_.in_flight;
    ++samples_;
    return problem_.empty();
  }

  // At the first moment after the measurement, while its figures are still those of the level.
  void finish(Level& level) {
    if (sidecar_ == nullptr || !problem_.empty()) return;
    level.p50 = last_.p50;
    level.p99 = last_.p99;
    level.in_flight_ratio = samples_ > 0 ? in_flight_ / samples_ / level.pool_size : 0;
    level.mean = level.throughput > 0
                     ? tuner::from_seconds(in_flight_ / samples_ / level.throughput)
                     : Duration(0);
  }

 private:
  SidecarLimit* sidecar_;
  std::string& problem_;
  SidecarLimit::Seen last_;
  Duration next_{};
  double in_flight_ = 0, samples_ = 0;
};

}  // namespace

Measurement measure_level(engine::Plan plan, int size, const LevelRules& rules, int stop,
                          const std::function<void(const engine::Progress&)>& watch) {
  plan = plan_of_level(std::move(plan), size, rules);
  BatchMeans batches;
  StopOr end(stop);
  std::optional<TargetWatch> target;
  if (rules.pid) target.emplace(*rules.pid);
  Duration measured{};
  Measurement found;
  if (rules.sidecar != nullptr) {
    found.problem = rules.sidecar->pin(size, plan.warm_up.at_most + plan.measured.at_most + grace);
    if (!found.problem.empty()) return found;
  }
  SidecarWatch sidecar(rules.sidecar, found.problem);
  found.outcome = engine::run(
      plan, end.descriptor(),
      [&](const engine::Progress& progress) {
        if (watch) watch(progress);
        const bool measuring = progress.phase == engine::Phase::measure;
        if (progress.phase == engine::Phase::drain && target)
          target->finish(measured + progress.elapsed);
        if (measuring) {
          measured = progress.elapsed;
          batches.observe(progress.elapsed, progress.successes);
          if (!sidecar.sample(progress.elapsed)) end.set();
        }
        // Looked at in the warm-up too: a target that died there would be loaded for long.
        if (target && progress.phase != engine::Phase::drain) {
          if (measuring ? !target->sample(progress.elapsed) : !target->is_alive()) end.set();
        }
      },
      sampling);
  found.level = level_of(size, plan, found.outcome);
  sidecar.finish(found.level);
  found.level.invalid = why_invalid(found.level, rules.most_errors);
  found.level.valid = found.level.invalid.empty();
  found.level.relative_ci = batches.relative_ci();
  if (target) {
    target->finish(found.outcome.measured);
    found.target_exited = target->has_ended() || !target->is_alive();
    found.level.target = target->use(found.level.requests);
    found.level.threads = found.level.target->threads;
  }
  return found;
}

Figures figures_of(const Level& level) {
  if (level.latency.empty()) return {};
  const auto at = [&level](double q) { return tuner::seconds(level.latency.quantile(q)); };
  return {{"mean", tuner::seconds(level.mean)},
          {"p50", at(0.5)},
          {"p75", at(0.75)},
          {"p90", at(0.9)},
          {"p95", at(0.95)},
          {"p99", at(0.99)},
          {"p999", at(0.999)},
          {"max", at(1)},
          {"throughput", level.throughput},
          {"errors", static_cast<double>(level.failures) / static_cast<double>(level.requests)}};
}

tuner::CurvePoint point_of(const Level& level) {
  return {level.pool_size,
          level.throughput,
          level.p50,
          level.p99,
          level.in_flight_ratio * level.pool_size,
          level.relative_ci};
}

}  // namespace sweetspot::loadgen
