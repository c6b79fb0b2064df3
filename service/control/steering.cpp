#include "service/control/steering.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sweetspot::control {
namespace {

// Without traffic for this long the loop ticks no faster than this; with it, no slower.
constexpr Duration idle_tick = std::chrono::seconds(1);
constexpr Duration shortest_tick = std::chrono::milliseconds(1);
constexpr Duration waiting_tick = std::chrono::milliseconds(20);
constexpr Duration between_parts = std::chrono::milliseconds(5);  // of groups, that move

constexpr Duration between_advice = std::chrono::seconds(10);
constexpr double least_confidence = 0.8;  // of advice that is worth being told

// A tick is due at the latest when the pin expires.
Duration until_expiry(Duration wait, std::optional<TimePoint> expires, TimePoint now) {
  return expires ? std::clamp(*expires - now, shortest_tick, wait) : wait;
}

std::int64_t unix_ms(Steering::WallTime time) {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

tuner::Reason reason_of(const tuner::Knee& knee) {
  if (knee.reason == "latency") return tuner::Reason::latency_degraded;
  if (knee.reason == "throughput_loss") return tuner::Reason::throughput_loss;
  return tuner::Reason::plateau;
}

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
      own_load_(recorders, now),
      recent_(now),
      started_(now),
      wall_started_(wall_now),
      last_traffic_(now),
      may_explore_(!settings_.tuner.in_turns),
      has_groups_(!limiter.settings()->groups.empty()) {}

void Steering::on_decision(std::function<void(const Decision&)> listener) {
  listeners_.push_back(std::move(listener));
}

void Steering::restore(std::deque<Decision> earlier) {
  LoadCurve curve;
  for (const Decision& decision : earlier) curve.note(decision);
  curve_.restore(curve.points());
  log_.restore(std::move(earlier));
}

void Steering::start(TimePoint now) {
  put_in_force(tuner_.limit(), now);
  publish(*tuner_.last_verdict(), {}, "");
  if (settings_.pin) pin(*settings_.pin, "limit.pin of the configuration", now);
  while (!is_in_place_) is_in_place_ = limiter_.set_limit(aim_, now);  // nobody has a part yet
}

Duration Steering::tick(TimePoint now) {
  observe(now);
  if (!is_in_place_) put_in_force(aim_, now);
  const Duration wait = is_in_place_ ? decide(now) : between_parts;
  return is_in_place_ ? wait : between_parts;
}

Duration Steering::decide(TimePoint now) {
  if (pin_expires_ && now >= *pin_expires_) unpin({"the pin expired", "sweetspot"}, now);
  if (own_load_.look(now)) on_own_load(now);
  if (settings_.mode == admission::Mode::shadow) advise(now);
  if (!tunes()) return until_expiry(idle_tick, pin_expires_, now);
  if (now < start_waits_until_) return until_expiry(waiting_tick, pin_expires_, now);
  if (tuner_.counts_every_answer()) seen_.window.latency = seen_.all_latency;
  auto step = tuner_.step(seen_.window, now);
  put_in_force(step.limit, now);
  // The first step repeats the start's verdict, which start() has published.
  if (step.verdict && step.verdict->sequence > tuner_sequence_)
    publish(std::move(*step.verdict), {}, "");
  if (now - last_traffic_ >= idle_tick) return until_expiry(idle_tick, pin_expires_, now);
  return until_expiry(std::clamp(step.next_tick, shortest_tick, idle_tick), pin_expires_, now);
}

Status Steering::status(TimePoint now) const {
  Status status{
      .limit = limiter_.limit(),
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
      .pin_expires_unix_ms = pin_expires_ ? unix_ms(wall(*pin_expires_)) : 0,
      .advised_limit = advised_limit_,
      .draining = draining_,
      .drained = drained_,
      .p99_bound = tuner_.settings().p99_bound.value_or(Duration{}),
      .last_decision = log_.entries().empty() ? std::nullopt : std::optional(log_.entries().back()),
      .recent = recent_.figures(now),
      .uptime = now - started_,
      .fleet = fleet_};
  add_classes(status, now);
  return status;
}

void Steering::add_classes(Status& status, TimePoint now) const {
  const auto settings = limiter_.settings();
  const auto& classes = settings->classes;
  const auto& groups = settings->groups;
  const auto reading = limiter_.read(now);
  for (std::size_t i = 0; i < groups.size(); ++i)
    status.groups.push_back(
        {.name = groups[i].name, .share = groups[i].share, .limit = reading.parts[i]});
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto& [in_flight, queued] = reading.classes[i];
    const auto totals = measurement_.totals_of(static_cast<admission::ClassId>(i));
    status.classes.push_back({.name = classes[i].name,
                              .priority = classes[i].priority,
                              .share = classes[i].share,
                              .in_flight = in_flight,
                              .queued = queued,
                              .requests = totals.requests,
                              .shed = totals.shed});
    status.requests += totals.requests;
    status.shed += totals.shed;
    if (groups.empty()) continue;
    auto& group = status.groups[classes[i].group];
    status.classes.back().group = group.name;
    group.in_flight += in_flight;
    group.queued += queued;
  }
}

void Steering::allow_exploration(bool allowed, const std::string& why, TimePoint now) {
  if (allowed == may_explore_) return;
  may_explore_ = allowed;
  observe(now);  // what was seen so far is of the limit in force so far
  auto verdict = tuner_.allow_exploration(allowed, why, now);
  if (!verdict) return;
  put_in_force(tuner_.limit(), now);
  publish(std::move(*verdict), {}, "");
}

void Steering::adopt(int limit, std::string source, TimePoint now) {
  observe(now);
  auto verdict = tuner_.adopt(limit, std::move(source), now);
  if (!verdict) return;
  put_in_force(tuner_.limit(), now);
  publish(std::move(*verdict), {}, "");
}

LearntCurve Steering::learnt_curve(TimePoint now) const {
  const auto& tuning = tuner_.settings();
  LearntCurve curve{.objective = tuning.objective,
                    .e_star = tuning.e_star.value_or(tuner::default_e_star(tuning.objective)),
                    .held_limit = tuner_.held_limit()};
  if (settings_.mode == admission::Mode::shadow) {
    add_demand(curve, now);
  } else {
    curve.points = curve_.points();
    curve.steps = curve_.steps();
    curve.knee = curve_.knee(tuning.objective, tuning.e_star, tuning.p99_bound);
  }
  return curve;
}

void Steering::add_demand(LearntCurve& curve, TimePoint now) const {
  const auto& tuning = tuner_.settings();
  std::vector<tuner::CurvePoint> levels;
  for (const auto& [level, successes, last] : shadow_.measured(now)) {
    const double half = level.throughput * level.relative_ci.value_or(0);
    curve.points.push_back({.arm = {.limit = level.pool_size,
                                    .samples = successes,
                                    .throughput = level.throughput,
                                    .in_flight = level.in_flight.value_or(level.pool_size),
                                    .p50 = level.p50.value_or(Duration{}),
                                    .p99 = level.p99},
                            .unix_time_ms = unix_ms(wall(last)),
                            .throughput_low = level.throughput - half,
                            .throughput_high = level.throughput + half});
    levels.push_back(level);
  }
  for (std::size_t i = 1; i < curve.points.size(); ++i)
    if (const auto step = step_between(curve.points[i - 1], curve.points[i]))
      curve.steps.push_back(*step);
  curve.knee =
      tuner::find_knee(std::move(levels), tuning.objective, tuning.e_star, tuning.p99_bound);
}

// In shadow and off nothing is held back, so no experiment with the limit could show anything.
bool Steering::tunes() const {
  return settings_.algorithm != Algorithm::fixed && settings_.mode == admission::Mode::enforce &&
         !draining_;
}

bool Steering::is_stopped() const {
  return draining_ || tuner_.pinned() || tuner_.state() == tuner::State::paused;
}

tuner::State Steering::state() const {
  if (draining_) return tuner::State::drain;
  return tunes() || tuner_.pinned() ? tuner_.state() : tuner::State::paused;
}

// Where the I/O threads are full, throughput stops growing because of them, and latency grows: that
// would read as the backend's knee. So nothing is judged until they are free again.
void Steering::on_own_load(TimePoint now) {
  const auto busy = std::to_string(std::lround(own_load_.busiest() * 100)) + " % of the time";
  if (own_load_.is_saturated() && tunes() && !is_stopped()) {
    paused_by_load_ = true;
    carried_out(
        tuner_.pause(now, "the sidecar's own I/O threads are full"), {},
        {"the sidecar's own I/O thread is busy for " + busy +
             ": what is measured is its knee, not the backend's; it needs more CPU or workers",
         "sweetspot"},
        now);
  } else if (!own_load_.is_saturated() && std::exchange(paused_by_load_, false)) {
    if (tuner_.state() == tuner::State::paused)
      carried_out(tuner_.resume(now, "the sidecar's own I/O threads are free again"), {},
                  {"the I/O threads are busy for " + busy, "sweetspot"}, now);
  }
}

void Steering::observe(TimePoint now) {
  seen_ = measurement_.take(now);
  const auto& window = seen_.window;
  const auto completed = window.successes + window.failures + window.aborts;
  const bool at_held = window.limit == tuner_.held_limit();
  if (!at_held) shed_during_probes_ += window.shed;
  if (completed + window.shed > 0 || seen_.in_flight > 0 || seen_.queued > 0) last_traffic_ = now;
  recent_.add(seen_, at_held, now);
}

// The advised limit is put in force, which in shadow holds nobody back, so that what would have
// waited is counted by it. The tuner's own stays: back in enforce it starts from there.
void Steering::advise(TimePoint now) {
  shadow_.add(seen_.window, now);
  if (now - advised_at_ < between_advice) return;
  advised_at_ = now;
  const auto& tuning = tuner_.settings();
  const auto knee = shadow_.judge(tuning.objective, tuning.e_star, tuning.p99_bound, now);
  if (!knee || !knee->sweet_spot || knee->confidence < least_confidence) return;
  const int advised = std::clamp(*knee->sweet_spot, settings_.tuner.min, settings_.tuner.max);
  if (advised_limit_ == advised) return;
  advised_limit_ = advised;
  if (!tuner_.pinned()) put_in_force(advised, now);
  auto verdict = own_verdict(reason_of(*knee), "would hold " + knee->sentence);
  verdict.at = now;
  publish(std::move(verdict), "advice", {"", "sweetspot"});
}

// With groups one part at a time: the others follow in the ticks to come, and until all are there
// the tuner is not asked.
void Steering::put_in_force(int limit, TimePoint now) {
  aim_ = limit;
  if (is_in_place_ && limit == limiter_.limit()) return;
  is_in_place_ = false;
  if (has_groups_ && now - part_moved_at_ < between_parts) return;
  is_in_place_ = limiter_.set_limit(limit, now);
  part_moved_at_ = now;
}

void Steering::move_parts(TimePoint now) {
  if (is_in_place_) aim_ = limiter_.limit();
  is_in_place_ = false;
  put_in_force(aim_, now);
}

Steering::WallTime Steering::wall(TimePoint at) const {
  return wall_started_ + std::chrono::duration_cast<WallTime::duration>(at - started_);
}

void Steering::publish(tuner::Verdict verdict, std::string action, Order order) {
  tuner_sequence_ = tuner_.last_verdict()->sequence;
  verdict.state = state();
  const auto time = unix_ms(wall(verdict.at));
  const Decision& decision = log_.append({.verdict = std::move(verdict),
                                          .unix_time_ms = time,
                                          .comment = std::move(order.comment),
                                          .who = std::move(order.who),
                                          .action = std::move(action)});
  curve_.note(decision);
  for (const auto& listener : listeners_) listener(decision);
}

}  // namespace sweetspot::control
