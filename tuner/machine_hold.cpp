#include <algorithm>
#include <cmath>

#include "tuner/machine.hpp"
#include "tuner/sentence.hpp"

// Holding a limit: watching for changes, probing within a budget.
namespace sweetspot::tuner {

namespace {

constexpr Duration first_retreat_interval = std::chrono::seconds(2);
constexpr Duration longest_retreat_interval = std::chrono::seconds(60);
constexpr Duration not_binding_again_after = std::chrono::seconds(60);
constexpr Duration settles_after = std::chrono::minutes(2);
constexpr Duration stale_after = std::chrono::minutes(2);  // evidence of a resting probe
constexpr double overload = 0.2;  // share shed from which upward probes hurry
constexpr double starving = 0.5;
constexpr double sheds_from = 0.001;
constexpr double overload_begins = 0.05;
constexpr int more_than_a_burst = 10;  // windows
constexpr double crowded =
    8;  // in flight, from which half of it is tried where the limit does not bind
constexpr Duration demand_lasts = std::chrono::seconds(30);
constexpr Duration longest_half = std::chrono::minutes(10);

constexpr double slice = 60;  // requests of a probe's first slice
constexpr std::uint64_t late_samples = 300;

}  // namespace

void Machine::enter_hold() {
  const bool was_probe = state_ == State::probe;
  const Duration guard = limit_ == held_ ? Duration::zero() : 2 * residence_;
  state_ = State::hold;
  exploring_ = first_search_ = broken_off_ = false;
  limit_ = held_;
  hold_.begin(guard, residence_);
  if (!was_probe) schedule_.reset(now_);
  settled_ = settled_ || searched_;
}

void Machine::on_hold(const Window& window) {
  wants_to_explore_ = false;
  budget_.count(window.successes + window.failures, ExplorationBudget::Where::held, now_);
  const auto event = hold_.add(window, phi_at_or_below(held_), late_after_);
  if (event != HoldMonitor::Event::none) on_hold_window(event);
  if (state_ == State::hold && hold_.binds()) probe_if_due();
}

void Machine::on_hold_window(HoldMonitor::Event event) {
  const Window& last = hold_.last();
  held_shed_ = last.shed_share();
  held_fill_ = last.queue_fill;
  note_residence(last);
  relief_.watch(last, residence_, now_);
  if (last.successes > 0 && last.at_limit_share() < always_binding && last.shed == 0)
    served_all_ = ServedAll{.limit = held_, .at = now_};
  if (suspicion_ && confirm_suspicion(last)) return;
  if (event == HoldMonitor::Event::failing) return on_failures();
  if (event == HoldMonitor::Event::fell || event == HoldMonitor::Event::rose) {
    const auto pool = hold_.pool();
    const auto before = pool ? std::optional(pool->throughput()) : std::nullopt;
    return on_change(event == HoldMonitor::Event::fell, before, last.throughput());
  }
  if (broken_off_ && last.at_limit_share() > binding_share) {
    broken_off_ = false;
    return continue_search(last);
  }
  if (!hold_.binds()) {
    if (hold_.binding_windows() == 0) on_not_binding();
    if (state_ == State::hold) try_half_of_in_flight();
    return;
  }
  remember_phi(ArmData{last, 1});
  if (interrupted_ && held_shed_ >= sheds_from) {
    begin_search(Search::Start::verify, last);  // what is shed is shed anyway
    return;
  }
  if (!searched_) {
    begin_search(held_ > 16 ? Search::Start::verify : Search::Start::climb, last);
    return;
  }
  const auto pool = hold_.pool();
  if (!late_after_ && pool && pool->latency.count() >= late_samples) {
    late_after_ = 10 * pool->latency.quantile(0.99);
  }
  begin_relief();
}

void Machine::on_change(bool fell, std::optional<double> before, double now) {
  if (!fell && waits_for_turn()) {
    hold_.forget();
    return schedule_.reset(now_);
  }
  std::string sentence = move_words(held_, held_) + "throughput " + (fell ? "fell" : "rose");
  if (before) {
    sentence += " from " + count_words(*before) + " to " + count_words(now) + " a second";
  }
  sentence += fell ? ", so smaller limits are tried" : ", so larger limits are tried";
  decide(held_, fell ? Reason::capacity_fell : Reason::capacity_rose, std::move(sentence));
  hold_.forget();
  poisoned_.clear();  // they were another world's
  noise_ = {};
  relief_.forget();
  begin_search(fell ? Search::Start::verify : Search::Start::climb, std::nullopt, fell);
}

void Machine::on_failures() {
  if (now_ < next_retreat_ || !hold_.binds()) return;
  if (now_ - next_retreat_ > longest_retreat_interval) retreat_interval_ = first_retreat_interval;
  next_retreat_ = now_ + retreat_interval_;
  retreat_interval_ = std::min(2 * retreat_interval_, longest_retreat_interval);
  const auto step = Search::step_down(held_, false, bounds());
  if (!step) return;
  const std::string failed = share_words(hold_.last().failure_share());
  decide(held_, Reason::failures,
         move_words(held_, held_) + "answers fail or are late (" + failed + " failed), so " +
             std::to_string(step->other) + " is tried");
  begin_trial(*step, State::retreat, std::nullopt);
}

void Machine::on_not_binding() {
  if (hold_.last().successes == 0) return;
  if (said_not_binding_ && now_ - *said_not_binding_ < not_binding_again_after) return;
  said_not_binding_ = now_;
  decide(held_, Reason::not_binding,
         move_words(held_, held_) + "the limit does not bind (in flight " +
             count_words(hold_.last().mean_in_flight()) + "), so nothing can be learnt");
}

// A limit far above the knee may never bind: then half of what is in flight is tried, rarely.
void Machine::try_half_of_in_flight() {
  const Window& last = hold_.last();
  const int half = clamped(static_cast<int>(last.mean_in_flight() / 2));
  if (hold_.binding_windows() > 0 || last.mean_in_flight() < crowded || half >= held_) return;
  if (!next_half_) next_half_ = now_ + half_interval_;
  if (now_ < *next_half_ || last.queue_fill > 0 || held_shed_ >= sheds_from) return;
  if (!budget_.allows(probe_needs(half), exploration_allowed(), ExplorationBudget::Where::below) ||
      waits_for_turn())
    return;
  half_interval_ = std::min(2 * half_interval_, longest_half);
  next_half_ = now_ + half_interval_;
  overtakes_ = false;
  begin_trial({.other = half, .up = false, .wide = true}, State::probe, last);
}

// A slice of 60 answers in whole residences, at least three, after a guard of one and a half.
double Machine::probe_needs(int limit) {
  const double residences = std::max(3.0, std::ceil(slice / limit)) + 1.5;
  return 1.6 * residences * limit;
}

double Machine::exploration_allowed() const {
  const bool settled = now_ - settled_at_ > settles_after;
  return settled ? settings_.settled_exploration : settings_.exploration;
}

// A smaller limit must cost nobody an answer: not where demand left the limit lately, when it would
// only queue, nor where little is shed, when it would shed more. Under overload what is
// shed is shed anyway, once that has lasted for more than a burst; and where nothing is, the trial
// ends before it does.
bool Machine::may_look_down(const Window& held) const {
  if (held.at_limit_share() < always_binding) return false;
  const bool was_free =
      served_all_ && served_all_->limit == held_ && now_ - served_all_->at < demand_lasts;
  if (std::max(held.shed_share(), held_shed_) < sheds_from) return !was_free;
  return held.shed_share() > overload_begins && hold_.binding_windows() >= more_than_a_burst;
}

bool Machine::is_overloaded() const { return held_shed_ > overload; }

// Under overload, and where answers take far longer than they need: no limit is far too high else.
bool Machine::may_be_far_too_high() const { return is_overloaded() && residence_ >= 2 * quickest_; }

void Machine::probe_if_due() {
  const auto due = schedule_.due(now_, is_overloaded());
  if (due.empty()) return;
  const auto known = hold_.pool();
  if (!known) return;
  // Where the first must wait for its budget, the second need not.
  bool overtakes = false;
  for (const auto& probe : due) {
    if (begin_probe(probe, *known, overtakes)) return;
    overtakes = true;
  }
}

bool Machine::begin_probe(ProbeSchedule::Probe probe, const Window& known, bool overtakes) {
  // Where most are turned away, capacity that is found soon is worth more than latency.
  if (probe.up && held_shed_ > starving) probe.refine = false;
  auto step = probe.up ? Search::step_up(held_, probe.refine, bounds())
                       : Search::step_down(held_, probe.refine, bounds());
  // What a half tells in four visits a quarter tells in one, but it costs more answers.
  if (!probe.up && may_be_far_too_high()) {
    const auto wide = Search::step_wide(held_, bounds());
    if (wide) step = probe.refine ? Search::step_down(held_, false, bounds()) : wide;
  }
  if (step && probe.up && !poisoned_.allows(step->other, now_)) {
    step = Search::step_up(held_, true, bounds());
    if (step && !poisoned_.allows(step->other, now_)) step.reset();
  }
  if (!step || (!probe.up && !may_look_down(known))) {
    schedule_.changed_nothing(probe.up, now_);
    return false;
  }
  const double needed = probe_needs(step->other);
  if (!budget_.allows(needed, exploration_allowed(), where_of(*step), overtakes) ||
      waits_for_turn())
    return false;
  overtakes_ = overtakes;
  const auto fresh = hold_.take_fresh();
  auto rested = resting_.extract(step->other);
  if (!rested.empty() && now_ - rested.mapped().since < stale_after) {
    state_ = State::probe;
    trial_step_ = rested.mapped().step;
    trial_ = std::move(rested.mapped().trial);
    trial_->resume(fresh);
    limit_ = trial_->limit();
  } else {
    begin_trial(*step, State::probe, known);
  }
  return true;
}

}  // namespace sweetspot::tuner
