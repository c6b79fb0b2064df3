#include "tuner/machine.hpp"
#include "tuner/sentence.hpp"

// What an operator may ask of the state machine.
namespace sweetspot::tuner {

Verdict Machine::order(int to, State state, Reason reason, std::string sentence, TimePoint now) {
  now_ = std::max(now_, now);
  drop_trial();
  relief_.forget();
  suspicion_.reset();
  outage_ = OutageWatch();
  broken_off_ = false;
  discarded_ = Window();
  resting_.clear();
  exploring_ = wants_to_explore_ = false;
  state_ = state;
  limit_ = to;
  hold_.forget();
  hold_.begin(residence_, residence_);
  decide(to, reason, std::move(sentence)).state = state;
  is_fresh_ = false;  // it is returned here, not by the next step
  return *last_verdict_;
}

Verdict Machine::pin(int limit, TimePoint now) {
  const int to = clamped(limit);
  return order(to, State::pinned, Reason::pinned, move_words(held_, to) + "pinned by an operator",
               now);
}

Verdict Machine::unpin(TimePoint now) {
  searched_ = is_known_ = false;
  return order(held_, State::start, Reason::unpinned,
               move_words(held_, held_) + "given back to the tuner, which verifies from here", now);
}

Verdict Machine::retune(TimePoint now) {
  searched_ = is_known_ = false;
  poisoned_.clear();
  return order(held_, State::start, Reason::retune,
               move_words(held_, held_) + "an operator asked for a new search", now);
}

Verdict Machine::set_objective(Objective objective, std::optional<Duration> p99_bound,
                               TimePoint now) {
  settings_.objective = objective;
  settings_.p99_bound = p99_bound;
  settings_.e_star.reset();
  const std::string sentence =
      move_words(held_, held_) + "the objective is now " + std::string(to_string(objective));
  const bool stopped = state_ == State::pinned || state_ == State::paused;
  if (!stopped) searched_ = is_known_ = false;
  return order(held_, stopped ? state_ : State::start, Reason::objective_changed, sentence, now);
}

Verdict Machine::set_bounds(int min, int max, TimePoint now) {
  settings_.min = min;
  settings_.max = max;
  const int to = clamped(held_);
  const std::string sentence = move_words(held_, to) + "the bounds are now " + std::to_string(min) +
                               " to " + std::to_string(max);
  const bool stopped = state_ == State::pinned || state_ == State::paused;
  if (!stopped) searched_ = is_known_ = false;
  return order(to, stopped ? state_ : State::start, Reason::bounds, sentence, now);
}

Verdict Machine::pause(TimePoint now, const std::string& why) {
  return order(held_, State::paused, Reason::paused,
               move_words(held_, held_) + order_words("paused", why), now);
}

Verdict Machine::resume(TimePoint now, const std::string& why) {
  schedule_.reset(now);
  return order(held_, State::hold, Reason::resumed,
               move_words(held_, held_) + order_words("resumed", why), now);
}

}  // namespace sweetspot::tuner
