#include "tuner/algorithms/follower.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tuner/sentence.hpp"

namespace sweetspot::tuner::algorithms {

namespace {

constexpr Duration verdict_every = std::chrono::seconds(1);

}  // namespace

Follower::Follower(const Settings& settings, TimePoint now) : settings_(settings) {
  settings_.min = std::max(settings_.min, 1);
  settings_.max = std::max(settings_.max, settings_.min);
  limit_ = said_ = std::clamp(settings_.initial, settings_.min, settings_.max);
  rule_ = make_rule(settings_.algorithm, limit_);
  const Reason reason = limit_ != settings_.initial ? Reason::bounds
                        : settings_.remembered      ? Reason::remembered
                                                    : Reason::start;
  decide(reason,
         "start at " + std::to_string(limit_) + " with algorithm " +
             std::string(to_string(settings_.algorithm)),
         now);
}

int Follower::clamped(double limit) const {
  if (!std::isfinite(limit)) return limit_;
  return static_cast<int>(std::lround(std::clamp(limit, 1.0 * settings_.min, 1.0 * settings_.max)));
}

Step Follower::step(const Window& seen, TimePoint now) {
  const bool usable = seen.span > Duration::zero() && seen.span <= std::chrono::hours(1) &&
                      std::isfinite(seen.in_flight_seconds) && seen.in_flight_seconds >= 0 &&
                      seen.failures < 1'000'000;
  if (state_ == State::hold && usable) {
    const double wanted = rule_->update(seen, now);
    limit_ = clamped(wanted);
    if (wanted < settings_.min || wanted > settings_.max) rule_->set_limit(limit_);
  }
  Step step{.limit = limit_, .next_tick = rule_->tick(), .verdict = std::nullopt};
  if (limit_ != said_ && now - last_verdict_->at >= verdict_every) {
    decide(Reason::algorithm,
           move_words(said_, limit_) + std::string(to_string(settings_.algorithm)) +
               ", at a mean latency of " + words(seen.latency.mean()),
           now);
    is_fresh_ = true;
  }
  if (std::exchange(is_fresh_, false)) step.verdict = last_verdict_;
  return step;
}

Verdict Follower::decide(Reason reason, std::string sentence, TimePoint now) {
  Verdict verdict;
  verdict.sequence = ++sequence_;
  verdict.at = now;
  verdict.from = std::exchange(said_, limit_);
  verdict.to = limit_;
  verdict.reason = reason;
  verdict.state = state_;
  verdict.sentence = std::move(sentence);
  last_verdict_ = verdict;
  return verdict;
}

Verdict Follower::pin(int limit, TimePoint now) {
  state_ = State::pinned;
  limit_ = clamped(limit);
  return decide(Reason::pinned, move_words(said_, limit_) + "pinned by an operator", now);
}

Verdict Follower::unpin(TimePoint now) {
  state_ = State::hold;
  rule_->set_limit(limit_);
  return decide(Reason::unpinned, move_words(said_, limit_) + "given back to the algorithm", now);
}

Verdict Follower::retune(TimePoint now) {
  state_ = State::hold;
  rule_ = make_rule(settings_.algorithm, limit_);
  return decide(Reason::retune, move_words(said_, limit_) + "an operator asked for a new search",
                now);
}

Verdict Follower::set_objective(Objective objective, std::optional<Duration> p99_bound,
                                TimePoint now) {
  settings_.objective = objective;
  settings_.p99_bound = p99_bound;
  return decide(Reason::objective_changed,
                move_words(said_, limit_) + std::string(to_string(settings_.algorithm)) +
                    " knows no objective",
                now);
}

Verdict Follower::set_bounds(int min, int max, TimePoint now) {
  settings_.min = min;
  settings_.max = max;
  limit_ = clamped(limit_);
  rule_->set_limit(limit_);
  return decide(Reason::bounds,
                move_words(said_, limit_) + "the bounds are now " + std::to_string(min) + " to " +
                    std::to_string(max),
                now);
}

Verdict Follower::pause(TimePoint now, const std::string& why) {
  state_ = State::paused;
  return decide(Reason::paused, move_words(said_, limit_) + order_words("paused", why), now);
}

Verdict Follower::resume(TimePoint now, const std::string& why) {
  state_ = State::hold;
  return decide(Reason::resumed, move_words(said_, limit_) + order_words("resumed", why), now);
}

}  // namespace sweetspot::tuner::algorithms
