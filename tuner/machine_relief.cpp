#include "tuner/machine.hpp"
#include "tuner/sentence.hpp"

// Where the held limit turns some away: a longer look at twice of it.
namespace sweetspot::tuner {

namespace {

std::string relief_words(Relief::Answer answer, const Arm& lo, const Arm& hi) {
  const std::string smaller = std::to_string(lo.limit), larger = std::to_string(hi.limit);
  if (answer == Relief::Answer::turns_away)
    return larger + " would not serve all that comes either";
  return larger + " serves all that comes, " +
         (lo.shed_share > 0
              ? "also the " + share_words(lo.shed_share) + " that " + smaller + " turns away"
              : "of which ever more waited at " + smaller);
}

}  // namespace

bool Machine::begin_relief() {
  // Objective throughput has refused a doubling for less than a tenth more; latency has its bound.
  if (settings_.objective != Objective::balanced) return false;
  auto held = hold_.pool();
  if (!held) return false;
  if (!relief_.is_due(*held, hold_.binding_windows(), now_ - settled_at_, now_)) return false;
  const auto step = Search::step_up(held_, false, bounds());
  if (!step || !poisoned_.allows(step->other, now_) || waits_for_turn()) return false;
  held->queue_fill = held_fill_;
  relief_.begin(*held, residence_, now_);
  state_ = State::climb;
  trial_step_ = *step;
  limit_ = step->other;
  return true;
}

// What they wait for at the held limit is longer than what a larger one adds to latency, so that
// p99 is not asked.
void Machine::on_relief(const Window& window) {
  const auto answer = relief_.add(window);
  if (!answer) return;
  const ArmData lo{relief_.held(), 1}, hi{relief_.seen(), 1};
  const auto lost = lost_answers(lo, hi, {.late_after = late_after_});
  const bool moves = *answer == Relief::Answer::serves_all && !lost;
  const int to = moves ? limit_ : held_;
  const Figures f = figures(lo, hi, e_star(), phi_at_or_below(held_));
  const Reason reason = moves ? Reason::shedding_relieved : lost.value_or(Reason::plateau);
  const Arm smaller = summary(lo), larger = summary(hi);
  Verdict& verdict =
      decide(to, reason, move_words(held_, to) + relief_words(*answer, smaller, larger));
  verdict.lo = smaller;
  verdict.hi = larger;
  verdict.elasticity = f.elasticity;
  verdict.z = f.z;
  if (moves) served_all_ = ServedAll{.limit = held_, .at = now_};
  note_residence(moves ? hi.sum : lo.sum);
  enter_hold();
}

}  // namespace sweetspot::tuner
