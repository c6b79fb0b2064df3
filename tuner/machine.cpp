#include "tuner/machine.hpp"

#include <algorithm>
#include <cmath>

#include "tuner/sentence.hpp"

namespace sweetspot::tuner {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr Duration busy_tick = milliseconds(5);
constexpr Duration start_tick = milliseconds(20);
constexpr Duration hold_tick = milliseconds(100);
constexpr Duration idle_tick = std::chrono::seconds(1);
constexpr Duration idle_after = std::chrono::seconds(2);
constexpr Slicer::Target idle_start{.samples = 100, .at_least = std::chrono::seconds(1)};
constexpr Duration binds_for = milliseconds(100);  // at the start, without a break
constexpr Duration phi_is_fresh_for = minutes(1);
constexpr Duration quickest_is_fresh_for = minutes(10);

bool has_traffic(const Window& w) {
  return w.successes + w.failures + w.aborts + w.shed > 0 || w.in_flight_seconds > 0;
}

Settings sane(Settings s) {
  s.min = std::max(s.min, 1);
  s.max = std::max(s.max, s.min);
  if (s.e_star && !std::isfinite(*s.e_star)) s.e_star.reset();
  if (s.e_star) s.e_star = std::clamp(*s.e_star, 0.01, 0.99);
  return s;
}

}  // namespace

Machine::Machine(Settings settings, TimePoint now)
    : settings_(sane(settings)),
      held_(clamped(settings_.initial)),
      limit_(held_),
      now_(now),
      idle_start_(idle_start),
      may_explore_(!settings_.in_turns),
      is_known_(settings_.remembered),
      late_after_(settings_.late_after),
      settled_at_(now) {
  const std::string at = "start at " + std::to_string(held_);
  if (held_ != settings_.initial) {
    decide(held_, Reason::bounds,
           at + ": " + std::to_string(settings_.initial) + " is outside " +
               std::to_string(settings_.min) + ".." + std::to_string(settings_.max));
  } else if (settings_.remembered) {
    decide(held_, Reason::remembered, at + ": the last good limit of an earlier run");
  } else {
    decide(held_, Reason::start, at + ": the start size, before any evidence");
  }
}

Step Machine::step(const Window& seen, TimePoint now) {
  now_ = std::max(now_, now);
  if (is_usable(seen)) {
    epoch_ = seen.epoch;
    idle_for_ = has_traffic(seen) ? Duration::zero() : idle_for_ + seen.span;
    const bool measures = state_ != State::pinned && state_ != State::paused;
    if (measures && !is_blinded(seen)) measure(seen);
  }
  Step step{.limit = limit_, .next_tick = next_tick(), .verdict = std::nullopt};
  if (is_fresh_) {
    last_verdict_->state = state_;
    step.verdict = last_verdict_;
    is_fresh_ = false;
  }
  return step;
}

void Machine::measure(const Window& seen) {
  switch (state_) {
    case State::start:
      return on_start(seen);
    case State::climb:
    case State::verify:
    case State::probe:
    case State::retreat:
      return relief_.is_under_way() ? on_relief(seen) : on_trial(seen);
    case State::hold:
      return on_hold(seen);
    case State::drain:
      return on_drain(seen);
    case State::pinned:
    case State::paused:
      return;
  }
}

// Whoever measures may err; what cannot be true is not evidence.
bool Machine::is_usable(const Window& w) const {
  if (w.limit != limit_ || w.epoch < epoch_) return false;
  if (w.span <= Duration::zero() || w.span > std::chrono::hours(1)) return false;
  if (!std::isfinite(w.in_flight_seconds) || w.in_flight_seconds < 0) return false;
  if (!std::isfinite(w.queued_seconds) || !std::isfinite(w.queue_fill)) return false;
  constexpr std::uint64_t impossible = 1'000'000'000'000;
  return std::max({w.successes, w.failures, w.aborts, w.shed}) < impossible;
}

Duration Machine::next_tick() const {
  if (trial_) return trial_->tick();
  if (state_ == State::drain) return busy_tick;
  if (idle_for_ >= idle_after) return idle_tick;
  return state_ == State::start ? start_tick : hold_tick;
}

int Machine::clamped(int limit) const { return std::clamp(limit, settings_.min, settings_.max); }

void Machine::note_residence(const Window& window) {
  const Duration r = residence(window);
  if (r <= Duration::zero()) return;
  residence_ = residence_ > Duration::zero() ? (residence_ + r) / 2 : r;
  const bool stale = now_ - quickest_at_ > quickest_is_fresh_for;
  if (quickest_ > Duration::zero() && r > quickest_ && !stale) return;
  quickest_ = r;
  quickest_at_ = now_;
}

// Latency alone shows too little dispersion past the knee of a first-come queue, so what smaller
// limits showed counts too.
double Machine::phi_at_or_below(int limit) const {
  double largest = 0.3;
  for (const auto& [at, phi] : phi_) {
    if (at <= limit && now_ - phi.at < phi_is_fresh_for) largest = std::max(largest, phi.value);
  }
  return largest;
}

void Machine::remember_phi(const ArmData& arm) {
  if (arm.sum.latency.count() < 30) return;
  const double measured = dispersion(arm.sum);
  const auto [entry, is_new] = phi_.try_emplace(arm.sum.limit, Phi{measured, now_});
  if (!is_new) entry->second = {(entry->second.value + measured) / 2, now_};
}

// The first windows under load span idle and busy and would mislead: two generations of requests
// are let pass before anything is compared.
void Machine::on_start(const Window& window) {
  if (window.at_limit_share() > binding_share) {
    discarded_.merge(window);
  } else if (discarded_.successes > 0) {
    discarded_ = Window();
  }
  const auto enough = static_cast<std::uint64_t>(std::max(8, 2 * limit_));
  if ((discarded_.successes >= enough && discarded_.span >= binds_for) ||
      discarded_.span > std::chrono::seconds(10)) {
    return leave_start(discarded_);
  }
  if (!idle_start_.add(window)) return;
  const Window seen = idle_start_.slice();
  if (seen.successes == 0) return;
  if (seen.at_limit_share() > binding_share) return leave_start(seen);  // binds on and off
  enter_hold();
}

void Machine::leave_start(const Window& seen) {
  note_residence(seen);
  held_shed_ = seen.shed_share();
  held_fill_ = seen.queue_fill;
  discarded_ = Window();
  begin_search(held_ > 16 ? Search::Start::verify : Search::Start::climb, std::nullopt);
}

void Machine::change_held(int to) {
  if (to == held_) return;
  held_ = to;
  settled_at_ = now_;
  hold_.forget();
  resting_.clear();
  late_after_ = settings_.late_after;
}

Verdict& Machine::decide(int to, Reason reason, std::string sentence) {
  Verdict verdict;
  verdict.sequence = ++sequence_;
  verdict.at = now_;
  verdict.from = held_;
  verdict.to = to;
  verdict.reason = reason;
  verdict.e_star = e_star();
  verdict.sentence = std::move(sentence);
  change_held(to);
  last_verdict_ = std::move(verdict);
  is_fresh_ = true;
  return *last_verdict_;
}

}  // namespace sweetspot::tuner
