#include <algorithm>
#include <cmath>

#include "tuner/machine.hpp"
#include "tuner/sentence.hpp"

// Searching: one trial after the other until nothing is left to ask.
namespace sweetspot::tuner {

namespace {

constexpr double sheds_from = 0.001;      // share of requests from which a limit is said to shed
constexpr double overload_begins = 0.05;  // ... and a probe no longer minds
constexpr double recovers_below = 0.82;   // of the throughput before: the climb left damage
constexpr double firmly_binding = 0.8;    // else a fall may be the demand's
constexpr double most_scatter = 10;       // of a hold's counts that widens a comparison's error
constexpr double telling = 3.0;           // z from which a probe is the begin of a search
constexpr double telling_soon = 2.0;      // ... downwards, or while many are turned away
constexpr double starved = 0.75;          // share shed: four times as many could be served
constexpr double promising = 1.0;         // z from which a probe goes on at once

std::string bound_words(const Ruling& ruling, const Trial& trial, std::optional<Duration> bound) {
  const Duration p99 = trial.hi().sum.latency.quantile(0.99);
  const Duration most = bound.value_or(Duration::zero());
  return "p99 is " + words(p99, most) + " at " + std::to_string(trial.hi().sum.limit) +
         (ruling.reason == Reason::p99_bound_met ? ", within " : ", beyond ") + words(most, p99);
}

std::string sentence_for(const Ruling& ruling, const Trial& trial, double e_star,
                         std::optional<Duration> bound) {
  const Arm lo = summary(trial.lo()), hi = summary(trial.hi());
  std::string compared = comparison_words({.lo_limit = lo.limit,
                                           .hi_limit = hi.limit,
                                           .gain = ruling.figures.gain,
                                           .growth = ruling.figures.growth,
                                           .e_star = trial.plan().rule.e_star,
                                           .half_step = trial.plan().rule.e_star != e_star,
                                           .lo_p99 = lo.p99,
                                           .hi_p99 = hi.p99});
  switch (ruling.reason) {
    case Reason::not_binding:
      return "the limit does not bind" + in_flight_words(lo, hi);
    case Reason::shedding_relieved:
      return "shedding fell from " + share_words(lo.shed_share, hi.shed_share) + " to " +
             share_words(hi.shed_share, lo.shed_share);
    case Reason::p99_bound_met:
    case Reason::p99_bound_missed:
      return bound_words(ruling, trial, bound);
    case Reason::failures:
      return "failures rose from " + share_words(lo.failure_share, hi.failure_share) + " to " +
             share_words(hi.failure_share, lo.failure_share) + ": " + compared;
    case Reason::latency_degraded:
      return "latency degraded beyond what is tolerated: " + compared;
    case Reason::smaller_is_worse:
      // Where it brings less than it costs, and yet less would turn requests away.
      return ruling.figures.elasticity > trial.plan().rule.e_star
                 ? compared
                 : compared + "; " + std::to_string(hi.limit) + " serves all that comes, " +
                       std::to_string(lo.limit) + " would not";
    case Reason::inconclusive:
      return "too little evidence: " + compared;
    default:
      return compared;
  }
}

}  // namespace

double Machine::e_star(const Search::Step& step) const {
  const bool half_step = step.up && step.refine && !settings_.e_star;
  return half_step ? half_step_e_star(settings_.objective) : e_star();
}

void Machine::begin_search(Search::Start start, std::optional<Window> known, bool urgent) {
  first_search_ = !searched_ && !is_known_;
  searched_from_ = held_;
  searched_ = true;
  interrupted_ = false;
  urgent_ = urgent;
  climbing_ = 0;
  broken_off_ = false;
  times_broken_off_ = 0;
  search_.begin(may_explore_ || first_search_ ? start : Search::Start::verify);
  continue_search(std::move(known));
}

void Machine::continue_search(std::optional<Window> known) {
  const auto next = search_.next(held_, bounds(), poisoned_, now_, held_shed_ > starved);
  if (next && may_try(*next)) {
    begin_trial(*next, search_.descends() ? State::verify : State::climb, std::move(known));
  } else {
    enter_hold();
  }
}

void Machine::begin_trial(const Search::Step& step, State state, std::optional<Window> known) {
  state_ = state;
  trial_step_ = step;
  const Rule rule{.up = step.up,
                  .probe = state == State::probe,
                  .first = !settled_,
                  .urgent = !step.up && state != State::probe && (urgent_ || step.wide),
                  .refine = step.refine,
                  .settled = state == State::probe,
                  .objective = settings_.objective,
                  .e_star = e_star(step),
                  .p99_bound = settings_.p99_bound,
                  .late_after = late_after_};
  trial_.emplace(Trial::Plan{.held = held_,
                             .other = step.other,
                             .rule = rule,
                             .in_force = limit_,
                             .residence = residence_,
                             .longer = std::pow(static_cast<double>(step.other) / held_,
                                                state == State::climb ? 1 - climbing_ : 1),
                             .phi = std::max({phi_at_or_below(std::min(held_, step.other)),
                                              std::min(hold_.scatter(), most_scatter),
                                              std::min(noise_.scatter(now_), most_scatter)}),
                             .known = std::move(known)});
  limit_ = trial_->limit();
}

void Machine::on_trial(const Window& window) {
  if (state_ == State::probe) {
    window_served_ = static_cast<double>(window.successes + window.failures);
    budget_.count(window.successes + window.failures,
                  trial_->explores() ? where_of(trial_step_) : ExplorationBudget::Where::held, now_,
                  overtakes_);
  }
  if (abort_trial_if_it_would_shed(window)) return;
  const bool at_held = !trial_->explores();
  const int slices = trial_->held().slices;
  auto ruling = trial_->add(window);
  const bool cut =
      state_ == State::probe && !at_held && !trial_->is_between_slices() && is_budget_spent();
  if (cut) ruling = trial_->cut();
  if (at_held && trial_->held().slices != slices) {
    held_shed_ = trial_->held().sum.shed_share();
    held_fill_ = window.queue_fill;
    if (suspicion_ && confirm_suspicion(trial_->held().sum)) return;
  }
  if (ruling) {
    end_trial(*ruling);
    return;
  }
  if (state_ == State::probe && rest_probe(cut)) return;
  limit_ = trial_->limit();
}

void Machine::end_trial(const Ruling& ruling) {
  const Trial ended = std::move(*trial_);
  trial_.reset();
  const bool was_probe = state_ == State::probe, was_retreat = state_ == State::retreat;
  remember_phi(ended.lo());
  remember_phi(ended.hi());
  noise_.add(ended.lo(), ended.hi(), now_);
  const ArmData& kept = ruling.move ? ended.other() : ended.held();
  note_residence(kept.sum);
  held_shed_ = kept.sum.shed_share();
  if (!ended.plan().rule.up) interrupted_ = false;
  if (!ruling.move && ended.plan().rule.up) suspect(ended, ruling.reason);
  if (!ruling.move && ended.before()) hold_.expect(*ended.before());

  const int to = ruling.move ? ended.plan().other : held_;
  if (was_probe || was_retreat)
    search_.begin(ended.plan().rule.up ? Search::Start::climb : Search::Start::verify);
  climbing_ =
      ruling.move && ended.plan().rule.up ? std::clamp(ruling.figures.elasticity, 0.0, 1.0) : 0;
  search_.ruled(trial_step_, ruling.move, ruling.reason,
                ruling.figures.elasticity - ended.plan().rule.e_star);
  // Old evidence about the held limit must not outweigh what the next trial sees.
  std::optional<Window> known;
  // A limit that may have been damaged is measured first.
  if (!suspicion_ && kept.sum.span < std::max<Duration>(std::chrono::seconds(4), 10 * residence_))
    known = kept.sum;

  const bool searches_on = was_probe || was_retreat ? ruling.move && !was_retreat : true;
  if (was_probe && !ruling.move) schedule_.changed_nothing(ended.plan().rule.up, now_);
  decide(ruling, ended, to);
  if (searches_on) {
    continue_search(std::move(known));
  } else {
    enter_hold();
  }
}

void Machine::decide(const Ruling& ruling, const Trial& trial, int to) {
  const std::string sentence = sentence_for(ruling, trial, e_star(), settings_.p99_bound);
  Verdict& verdict = decide(to, ruling.reason, move_words(held_, to) + sentence);
  verdict.e_star = trial.plan().rule.e_star;
  verdict.lo = summary(trial.lo());
  verdict.hi = summary(trial.hi());
  verdict.elasticity = ruling.figures.elasticity;
  verdict.z = ruling.figures.z;
}

bool Machine::abort_trial_if_it_would_shed(const Window& window) {
  const double shed_anyway = state_ == State::probe ? overload_begins : sheds_from;
  if (limit_ >= held_ || held_shed_ >= shed_anyway) return false;
  // A queue that stands above half at the held limit too is not this trial's doing.
  const double full = held_fill_ < 0.45 ? 0.5 : (1 + held_fill_) / 2;
  if (window.queue_fill <= full && window.shed == 0) return false;
  give_up_trial("the queue filled up while " + std::to_string(limit_) + " was tried");
  return true;
}

bool Machine::is_budget_spent() const {
  return !budget_.allows(window_served_, exploration_allowed(), where_of(trial_step_));
}

// A probe that leans so far towards a change is the begin of a search.
void Machine::search_on(bool anew) {
  const bool up = trial_step_.up;
  state_ = up ? State::climb : State::verify;
  searched_from_ = held_;
  urgent_ = false;
  search_.begin(up ? Search::Start::climb : Search::Start::verify);
  trial_->search_on(anew);
}

// A probe that has no answer yet goes back to the held limit after each slice, and on later: so the
// evidence grows and no stretch away from the held limit is long. Unless it leans towards a change
// and its budget lets it.
bool Machine::rest_probe(bool cut) {
  if (!trial_->is_between_slices() && !cut) return false;
  // Where many are turned away, a budget that ended must not keep a plain gain waiting.
  const bool hurries = trial_step_.up && is_overloaded();
  const bool tells = trial_->leaning() > (hurries || !trial_step_.up ? telling_soon : telling);
  const bool anew = !tells && hurries && trial_->leaning_lately() > telling;
  if ((tells || anew) && (!cut || hurries)) {
    search_on(anew);
    return false;
  }
  const bool leans = trial_->leaning() > promising;
  const bool goes_on =
      !trial_->explores() ||
      budget_.allows(probe_needs(trial_step_.other), exploration_allowed(), where_of(trial_step_));
  if (leans && goes_on && trial_->is_between_slices()) return false;
  resting_.insert_or_assign(trial_step_.other, Resting{std::move(*trial_), trial_step_, now_});
  trial_.reset();
  schedule_.goes_on(trial_step_.up, leans, now_);
  enter_hold();
  return true;
}

void Machine::drop_trial() {
  if (state_ == State::probe) schedule_.goes_on(trial_step_.up, false, now_);
  trial_.reset();
  relief_.end();
}

void Machine::give_up_trial(std::string sentence) {
  const bool was_probe = state_ == State::probe;
  const bool up = trial_->plan().rule.up;
  trial_.reset();
  decide(held_, Reason::probe_aborted, move_words(held_, held_) + sentence);
  if (was_probe) {
    up ? schedule_.changed_nothing(true, now_) : schedule_.aborted(now_);
    enter_hold();
  } else {
    interrupted_ = true;
    search_.ruled(trial_step_, false, Reason::probe_aborted);
    continue_search(std::nullopt);
  }
}

void Machine::suspect(const Trial& ended, Reason reason) {
  const bool damaging = reason == Reason::throughput_loss || reason == Reason::latency_degraded ||
                        reason == Reason::plateau;
  if (!ended.before() || !damaging || suspicion_) return;
  suspicion_ = Suspicion{.limit = ended.plan().other, .before = *ended.before()};
}

bool Machine::confirm_suspicion(const Window& again) {
  const ArmData before{suspicion_->before, 1}, after{again, 1};
  const Figures f = figures(before, after, 0, phi_at_or_below(held_));
  const bool is_down =
      again.at_limit_share() >= firmly_binding && f.gain < std::log(recovers_below);
  if (!is_down) suspicion_.reset();
  // Where it is down, but not surely, the next look decides.
  if (!is_down || f.gain > std::log(recovers_below) - 2 * f.error) return false;
  trial_.reset();
  state_ = State::drain;
  drained_ = false;
  limit_ = std::max(held_ / 8, settings_.min);
  drain_ = Slicer({.samples = 0, .at_least = 3 * residence_});
  return true;
}

void Machine::on_drain(const Window& window) {
  const bool would_shed = held_shed_ < sheds_from && window.queue_fill > 0.5;
  if (!drain_.add(window) && !(would_shed && !drained_)) return;
  if (!drained_) {
    drained_ = true;
    limit_ = held_;
    drain_ = Slicer({.guard = 2 * residence_, .at_least = 3 * residence_});
    return;
  }
  const Suspicion suspicion = *suspicion_;
  suspicion_.reset();
  const ArmData before{suspicion.before, 1}, after{drain_.slice(), 1};
  const Figures f = figures(before, after, 0, phi_at_or_below(held_));
  if (f.gain > std::log(0.9) - f.error) {
    poisoned_.add(suspicion.limit, now_);
    enter_hold();
    decide(held_, Reason::poisoned,
           move_words(held_, held_) + std::to_string(suspicion.limit) +
               " left the backend slower until it was drained: avoided for a while");
    return;
  }
  on_change(true, suspicion.before.throughput(), drain_.slice().throughput());
}

}  // namespace sweetspot::tuner
