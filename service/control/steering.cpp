#include "service/control/steering.hpp"

#include <algorithm>
#include <utility>

namespace sweetspot::control {
namespace {

// Without traffic for this long the loop ticks no faster than this; with it, no slower.
constexpr Duration idle_tick = std::chrono::seconds(1);
constexpr Duration shortest_tick = std::chrono::milliseconds(1);

tuner::Settings tuner_settings(const Settings& settings) {
  tuner::Settings with_algorithm = settings.tuner;
  with_algorithm.algorithm = settings.algorithm;
  return with_algorithm;
}

}  // namespace

Steering::Steering(Settings settings, admission::Limiter& limiter, const Recorders& recorders,
                   TimePoint now, WallTime wall_now)
    : settings_(std::move(settings)),
      limiter_(limiter),
      tuner_(tuner_settings(settings_), now),
      measurement_(limiter, recorders, now),
      recent_(now),
      started_(now),
      wall_started_(wall_now),
      last_traffic_(now) {}

void Steering::on_decision(std::function<void(const Decision&)> listener) {
  listeners_.push_back(std::move(listener));
}

void Steering::start(TimePoint now) {
  put_in_force(tuner_.limit(), now);
  publish(*tuner_.last_verdict(), {});
  if (settings_.pin) pin(*settings_.pin, "limit.pin of the configuration", now);
}

Duration Steering::tick(TimePoint now) {
  observe(now);
  if (!tunes()) return idle_tick;
  if (tuner_.counts_every_answer()) seen_.window.latency = seen_.all_latency;
  auto step = tuner_.step(seen_.window, now);
  put_in_force(step.limit, now);
  // The first step repeats the start's verdict, which start() has published.
  if (step.verdict && step.verdict->sequence > log_.entries().back().verdict.sequence)
    publish(std::move(*step.verdict), {});
  if (now - last_traffic_ >= idle_tick) return idle_tick;
  return std::clamp(step.next_tick, shortest_tick, idle_tick);
}

std::optional<Refusal> Steering::pin(int limit, std::string comment, TimePoint now) {
  const auto& bounds = settings_.tuner;
  if (limit < bounds.min || limit > bounds.max)
    return Refusal{Refusal::Kind::out_of_range,
                   "limit: found " + std::to_string(limit) + ", allowed: " +
                       std::to_string(bounds.min) + " to " + std::to_string(bounds.max)};
  observe(now);
  auto verdict = tuner_.pin(limit, now);
  put_in_force(tuner_.limit(), now);
  publish(std::move(verdict), std::move(comment));
  return {};
}

std::optional<Refusal> Steering::retune(std::string comment, TimePoint now) {
  if (!tunes()) {
    const bool fixed = settings_.algorithm == Algorithm::fixed;
    return Refusal{Refusal::Kind::not_tuning,
                   fixed ? std::string("nothing tunes: tuner.algorithm is fixed")
                         : "nothing tunes: mode is " + std::string(to_string(settings_.mode))};
  }
  observe(now);
  auto verdict = tuner_.retune(now);
  put_in_force(tuner_.limit(), now);
  publish(std::move(verdict), std::move(comment));
  return {};
}

Status Steering::status(TimePoint now) const {
  return {.limit = limiter_.limit(),
          .held_limit = tuner_.held_limit(),
          .limit_min = settings_.tuner.min,
          .limit_max = settings_.tuner.max,
          .in_flight = limiter_.in_flight(),
          .queued = limiter_.queued(),
          .state = state(),
          .objective = tuner_.settings().objective,
          .mode = settings_.mode,
          .algorithm = settings_.algorithm,
          .pinned = tuner_.pinned(),
          .last_decision = log_.entries().empty() ? std::nullopt
                                                  : std::optional(log_.entries().back()),
          .recent = recent_.figures(now),
          .requests = requests_,
          .shed = shed_,
          .uptime = now - started_};
}

// In shadow and off nothing is held back, so no experiment with the limit could show anything.
bool Steering::tunes() const {
  return settings_.algorithm != Algorithm::fixed &&
         settings_.mode == admission::Mode::enforce;
}

tuner::State Steering::state() const {
  return tunes() || tuner_.pinned() ? tuner_.state() : tuner::State::paused;
}

void Steering::observe(TimePoint now) {
  seen_ = measurement_.take(now);
  const auto& window = seen_.window;
  const auto completed = window.successes + window.failures + window.aborts;
  requests_ += completed;
  shed_ += window.shed;
  const bool at_held = window.limit == tuner_.held_limit();
  if (!at_held) shed_during_probes_ += window.shed;
  if (completed + window.shed > 0 || seen_.in_flight > 0 || seen_.queued > 0) last_traffic_ = now;
  recent_.add(seen_, at_held, now);
}

void Steering::put_in_force(int limit, TimePoint now) {
  if (limit != limiter_.limit()) limiter_.set_limit(limit, now);
}

void Steering::publish(tuner::Verdict verdict, std::string comment) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  verdict.state = tunes() || tuner_.pinned() ? verdict.state : tuner::State::paused;
  const auto wall = wall_started_ + duration_cast<WallTime::duration>(verdict.at - started_);
  const auto unix_time_ms = duration_cast<milliseconds>(wall.time_since_epoch()).count();
  const Decision& decision = log_.append({std::move(verdict), unix_time_ms, std::move(comment)});
  for (const auto& listener : listeners_) listener(decision);
}

}  // namespace sweetspot::control
