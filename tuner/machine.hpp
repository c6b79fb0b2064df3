#pragma once

#include <map>
#include <optional>
#include <string>

#include "tuner/decider.hpp"
#include "tuner/hold.hpp"
#include "tuner/host_noise.hpp"
#include "tuner/outage.hpp"
#include "tuner/probing.hpp"
#include "tuner/relief.hpp"
#include "tuner/search.hpp"
#include "tuner/trial.hpp"
#include "tuner/tuner.hpp"

namespace sweetspot::tuner {

// The state machine behind Tuner: start, then searches made of trials, then hold with probes.
class Machine : public Decider {
 public:
  Machine(Settings settings, TimePoint now);

  Step step(const Window& seen, TimePoint now) override;
  Verdict pin(int limit, TimePoint now) override;
  Verdict unpin(TimePoint now) override;
  Verdict retune(TimePoint now) override;
  Verdict set_objective(Objective objective, std::optional<Duration> p99_bound,
                        TimePoint now) override;
  Verdict set_bounds(int min, int max, TimePoint now) override;
  Verdict pause(TimePoint now, const std::string& why) override;
  Verdict resume(TimePoint now, const std::string& why) override;

  std::optional<Verdict> allow_exploration(bool allowed, std::string why, TimePoint now) override;
  bool is_exploring() const override { return exploring_; }
  bool wants_to_explore() const override { return wants_to_explore_; }
  std::optional<Verdict> adopt(int limit, std::string source, TimePoint now) override;

  int limit() const override { return limit_; }
  int held() const override { return held_; }
  State state() const override { return state_; }
  const Settings& settings() const override { return settings_; }
  const std::optional<Verdict>& last_verdict() const override { return last_verdict_; }
  double exploration_share() const override { return budget_.share(); }

 private:
  void measure(const Window& seen);

  // Start: until traffic binds.
  void on_start(const Window& window);
  void leave_start(const Window& seen);

  // Searching: one trial after the other.
  void begin_search(Search::Start start, std::optional<Window> known, bool urgent = false);
  void continue_search(std::optional<Window> known);
  void begin_trial(const Search::Step& step, State state, std::optional<Window> known);
  void on_trial(const Window& window);
  void end_trial(const Ruling& ruling);
  bool abort_trial_if_it_would_shed(const Window& window);
  bool rest_probe(bool cut);
  void search_on(bool anew);
  bool is_budget_spent() const;
  void give_up_trial(std::string sentence);
  bool tries_another() const { return trial_ || relief_.is_under_way(); }
  void drop_trial();  // without an answer

  // Holding: watching and probing.
  void enter_hold();
  void on_hold(const Window& window);
  void on_hold_window(HoldMonitor::Event event);
  void on_change(bool fell, std::optional<double> before, double now);  // throughput
  void on_failures();
  void on_not_binding();
  void probe_if_due();
  bool begin_probe(ProbeSchedule::Probe probe, const Window& known, bool overtakes);
  bool may_look_down(const Window& held) const;
  bool is_overloaded() const;
  bool may_be_far_too_high() const;
  void try_half_of_in_flight();
  static double probe_needs(int limit);  // requests, for one slice
  double exploration_allowed() const;
  static ExplorationBudget::Where where_of(const Search::Step& step) {
    return step.up ? ExplorationBudget::Where::above : ExplorationBudget::Where::below;
  }

  // Relief: where the held limit turns some away, whether a larger one would serve all that comes.
  bool begin_relief();
  void on_relief(const Window& window);

  // Outages: what is seen is evidence of nothing.
  bool is_blinded(const Window& window);
  void begin_outage();
  void take_for_slow(const Window& seen);

  // Turns: exploring from hold only while it is allowed.
  bool waits_for_turn();
  bool may_try(const Search::Step& step) const;

  // Hysteresis: a climb that left the backend worse off.
  struct Suspicion {
    int limit;      // the one that was tried
    Window before;  // the held limit before it
  };
  void suspect(const Trial& ended, Reason reason);
  bool confirm_suspicion(const Window& again);  // true where a drain began
  void on_drain(const Window& window);

  // Verdicts.
  void change_held(int to);
  Verdict& decide(int to, Reason reason, std::string sentence);
  void decide(const Ruling& ruling, const Trial& trial, int to);
  Verdict order(int to, State state, Reason reason, std::string sentence, TimePoint now);

  bool is_usable(const Window& window) const;
  Duration next_tick() const;
  double phi_at_or_below(int limit) const;
  void remember_phi(const ArmData& arm);
  void note_residence(const Window& window);
  double e_star() const { return settings_.e_star.value_or(default_e_star(settings_.objective)); }
  double e_star(const Search::Step& step) const;
  Search::Bounds bounds() const { return {settings_.min, settings_.max}; }
  int clamped(int limit) const;

  Settings settings_;
  State state_ = State::start;
  int held_ = 1, limit_ = 1;
  TimePoint now_;
  std::uint64_t epoch_ = 0;
  Duration idle_for_{};   // no traffic for so long
  Duration residence_{};  // R, averaged
  Duration quickest_{};   // the least R of the last minutes
  TimePoint quickest_at_{};
  struct Phi {
    double value;
    TimePoint at;
  };
  std::map<int, Phi> phi_;  // dispersion by limit, as lately measured
  HostNoise noise_;

  Window discarded_;          // start: what spans idle and busy
  Slicer idle_start_;         // start: whether the limit binds at all
  double climbing_ = 0;       // elasticity of the climb just made, 0..1
  bool urgent_ = false;       // the search under way is for a fall of throughput
  bool interrupted_ = false;  // the search could not look down, for fear of shedding
  OutageWatch outage_;
  bool broken_off_ = false;   // by an outage, the search that is to go on
  int times_broken_off_ = 0;  // of the search under way
  bool settled_ = false;      // a search has come to an end since the start
  bool searched_ = false;     // the limit held came from a search
  Search search_;
  std::optional<Trial> trial_;
  Search::Step trial_step_;

  bool may_explore_ = true;
  bool exploring_ = false;  // from hold
  bool wants_to_explore_ = false;
  bool is_known_ = false;      // the start size is of an earlier run or another replica
  bool first_search_ = false;  // the search under way is the first of a cold start
  int searched_from_ = 1;      // the limit held when the search began

  HoldMonitor hold_;
  ProbeSchedule schedule_;
  struct Resting {
    Trial trial;
    Search::Step step;
    TimePoint since;
  };
  std::map<int, Resting> resting_;  // probes that need another visit, by the limit tried
  ExplorationBudget budget_;
  bool overtakes_ = false;    // the probe under way went before one that saves up
  double window_served_ = 0;  // by a probe's last window: about what its next one will
  std::optional<Duration> late_after_;
  TimePoint settled_at_{};  // the last change of the held limit
  std::optional<TimePoint> said_not_binding_;
  struct ServedAll {
    int limit;
    TimePoint at;
  };
  std::optional<ServedAll> served_all_;  // when the held limit was last free, and nothing was shed
  std::optional<TimePoint> next_half_;   // of what is in flight, where the limit does not bind
  Duration half_interval_ = std::chrono::seconds(60);
  TimePoint next_retreat_{};
  Duration retreat_interval_ = std::chrono::seconds(2);
  Relief relief_;
  double held_shed_ = 0;  // share, as last seen at the held limit
  double held_fill_ = 0;  // of the queue, likewise

  PoisonedLimits poisoned_;
  std::optional<Suspicion> suspicion_;
  Slicer drain_;
  bool drained_ = false;  // drain: back at the held limit

  std::uint64_t sequence_ = 0;
  std::optional<Verdict> last_verdict_;
  bool is_fresh_ = false;  // not yet handed out
};

}  // namespace sweetspot::tuner
