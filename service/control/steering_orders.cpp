#include <utility>

#include "service/control/steering.hpp"

// What an operator may ask of the steering.
namespace sweetspot::control {
namespace {

constexpr int largest_bound = 100000;

Refusal out_of_range(std::string field, const std::string& found, const std::string& allowed) {
  std::string message = field + ": found " + found + ", allowed: " + allowed;
  return {Refusal::Kind::out_of_range, std::move(message), std::move(field)};
}

std::string range(int low, int high) { return std::to_string(low) + " to " + std::to_string(high); }

}  // namespace

Steering::Answer Steering::pin(int limit, Order order, TimePoint now,
                               std::optional<Duration> lasts) {
  if (auto refusal = judge_limit(limit)) return refusal;
  pin_now(limit, "pin", std::move(order), now, lasts);
  return {};
}

Steering::Answer Steering::roll_back(std::uint64_t sequence, Order order, TimePoint now,
                                     std::optional<Duration> lasts) {
  const Decision* earlier = log_.find(sequence);
  if (earlier == nullptr)
    return Refusal{Refusal::Kind::not_found,
                   "sequence: found " + std::to_string(sequence) +
                       ", kept: " + std::to_string(log_.entries().front().verdict.sequence) +
                       " to " + std::to_string(log_.entries().back().verdict.sequence),
                   "sequence"};
  const int limit = earlier->verdict.to;
  if (auto refusal = judge_limit(limit)) return refusal;
  pin_now(limit, "rollback", std::move(order), now, lasts);
  return {};
}

Steering::Answer Steering::unpin(Order order, TimePoint now) {
  if (!tuner_.pinned()) return {};
  observe(now);
  auto verdict = draining_ ? tuner_.pause(now, "the sidecar drains") : tuner_.unpin(now);
  verdict.reason = tuner::Reason::unpinned;
  carried_out(std::move(verdict), "unpin", std::move(order), now);
  return {};
}

Steering::Answer Steering::set_bounds(BoundsChange change, Order order, TimePoint now) {
  const auto& bounds = settings_.tuner;
  const int min = change.min.value_or(bounds.min), max = change.max.value_or(bounds.max);
  if (min < 1 || min > largest_bound)
    return out_of_range("min", std::to_string(min), range(1, largest_bound));
  if (max < min || max > largest_bound)
    return out_of_range("max", std::to_string(max), range(min, largest_bound));
  if (min == bounds.min && max == bounds.max) return {};
  observe(now);
  settings_.tuner.min = min;
  settings_.tuner.max = max;
  carried_out(tuner_.set_bounds(min, max, now), "bounds", std::move(order), now);
  return {};
}

Steering::Answer Steering::retune(Order order, TimePoint now) {
  if (auto refusal = judge_tuning()) return refusal;
  observe(now);
  carried_out(tuner_.retune(now), "retune", std::move(order), now);
  return {};
}

Steering::Answer Steering::pause(Order order, TimePoint now) {
  if (auto refusal = judge_tuning()) return refusal;
  if (tuner_.pinned())
    return Refusal{Refusal::Kind::not_tuning, "nothing tunes: the limit is pinned"};
  if (tuner_.state() == tuner::State::paused) return {};
  observe(now);
  carried_out(tuner_.pause(now), "pause", std::move(order), now);
  return {};
}

Steering::Answer Steering::resume(Order order, TimePoint now) {
  if (auto refusal = judge_tuning()) return refusal;
  if (tuner_.state() != tuner::State::paused) return {};
  observe(now);
  carried_out(tuner_.resume(now), "resume", std::move(order), now);
  return {};
}

Steering::Answer Steering::set_objective(tuner::Objective objective,
                                         std::optional<Duration> p99_bound, Order order,
                                         TimePoint now) {
  const bool latency = objective == tuner::Objective::latency;
  if (latency != p99_bound.has_value())
    return out_of_range("p99_bound_ms", p99_bound ? "a bound" : "none",
                        "one with objective latency, and only there");
  const auto& current = tuner_.settings();
  if (current.objective == objective && current.p99_bound == p99_bound) return {};
  observe(now);
  carried_out(tuner_.set_objective(objective, p99_bound, now), "objective", std::move(order), now);
  return {};
}

// Leaving enforce ends every experiment; coming back to it, the tuner verifies the limit it held.
Steering::Answer Steering::set_mode(admission::Mode mode, Order order, TimePoint now) {
  if (mode == settings_.mode) return {};
  observe(now);
  const bool enforces = mode == admission::Mode::enforce;
  if (enforces && paused_by_mode_ && tuner_.state() == tuner::State::paused) tuner_.unpin(now);
  paused_by_mode_ = !enforces && (paused_by_mode_ || !is_stopped());
  if (paused_by_mode_) tuner_.pause(now, "the mode is " + std::string(to_string(mode)));
  settings_.mode = mode;
  limiter_.set_mode(mode, now);
  carried_out(own_verdict(enforces ? tuner::Reason::resumed : tuner::Reason::paused,
                          "the mode is now " + std::string(to_string(mode))),
              "mode", std::move(order), now);
  return {};
}

void Steering::note_configuration(const std::vector<std::string>& keys, Order order,
                                  TimePoint now) {
  std::string sentence = "the configuration was changed:";
  for (const auto& key : keys) sentence += (key == keys.front() ? " " : ", ") + key;
  carried_out(own_verdict(tuner::Reason::configured, std::move(sentence)), "config",
              std::move(order), now);
}

void Steering::begin_drain(Order order, TimePoint now) {
  if (draining_) return;
  observe(now);
  if (!is_stopped()) tuner_.pause(now, "the sidecar drains");
  draining_ = true;
  carried_out(own_verdict(tuner::Reason::paused, "the sidecar drains: no experiment from now on"),
              "drain", std::move(order), now);
}

std::optional<Refusal> Steering::judge_limit(int limit) const {
  const auto& bounds = settings_.tuner;
  if (limit >= bounds.min && limit <= bounds.max) return {};
  return out_of_range("limit", std::to_string(limit), range(bounds.min, bounds.max));
}

std::optional<Refusal> Steering::judge_tuning() const {
  if (tunes()) return {};
  std::string why = "the sidecar drains";
  if (settings_.algorithm == Algorithm::fixed)
    why = "tuner.algorithm is fixed";
  else if (!draining_)
    why = "mode is " + std::string(to_string(settings_.mode));
  return Refusal{Refusal::Kind::not_tuning, "nothing tunes: " + why};
}

// The same pin again is a retry, unless its end is another.
void Steering::pin_now(int limit, std::string action, Order order, TimePoint now,
                       std::optional<Duration> lasts) {
  const auto expires = lasts ? std::optional(now + *lasts) : std::nullopt;
  if (tuner_.pinned() && tuner_.held_limit() == limit && !expires && !pin_expires_) return;
  observe(now);
  auto verdict = tuner_.pin(limit, now);
  pin_expires_ = expires;
  carried_out(std::move(verdict), std::move(action), std::move(order), now);
}

// What the steering itself has done to a limit that stays.
tuner::Verdict Steering::own_verdict(tuner::Reason reason, std::string sentence) const {
  tuner::Verdict verdict;
  verdict.from = verdict.to = tuner_.held_limit();
  verdict.reason = reason;
  verdict.sentence = std::move(sentence);
  return verdict;
}

// The limit is in force before anybody hears of the verdict.
void Steering::carried_out(tuner::Verdict verdict, std::string action, Order order, TimePoint now) {
  verdict.at = now;
  if (!tuner_.pinned()) pin_expires_.reset();
  put_in_force(tuner_.limit(), now);
  publish(std::move(verdict), std::move(action), std::move(order));
}

}  // namespace sweetspot::control
