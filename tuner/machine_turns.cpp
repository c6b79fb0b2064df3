#include "tuner/machine.hpp"
#include "tuner/sentence.hpp"

// One of several replicas: exploring from hold only in its turn, and starting from what others
// learnt.
namespace sweetspot::tuner {

// Whether exploring must wait; where not, it begins now.
bool Machine::waits_for_turn() {
  wants_to_explore_ = !may_explore_;
  exploring_ = may_explore_;
  return !may_explore_;
}

// A search that no turn covers may climb back to where it began, but not beyond.
bool Machine::may_try(const Search::Step& step) const {
  return may_explore_ || first_search_ || !step.up || step.other <= searched_from_;
}

std::optional<Verdict> Machine::allow_exploration(bool allowed, std::string why, TimePoint now) {
  if (allowed == may_explore_) return {};
  now_ = std::max(now_, now);
  may_explore_ = allowed;
  if (!allowed && exploring_ && tries_another()) {
    drop_trial();
    enter_hold();
  }
  decide(held_, allowed ? Reason::turn_began : Reason::turn_ended,
         move_words(held_, held_) +
             (allowed ? "this replica's turn to explore" : "no exploring until the next turn") +
             ": " + why);
  last_verdict_->state = state_;
  is_fresh_ = false;  // it is returned here, not by the next step
  return last_verdict_;
}

std::optional<Verdict> Machine::adopt(int limit, std::string source, TimePoint now) {
  if (state_ != State::start || searched_ || is_known_) return {};
  is_known_ = true;
  const int to = clamped(limit);
  return order(to, State::start, Reason::published, move_words(held_, to) + source, now);
}

}  // namespace sweetspot::tuner
