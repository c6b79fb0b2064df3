#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/control/decision_log.hpp"
#include "service/control/load_curve.hpp"
#include "service/control/measurement.hpp"
#include "service/control/orders.hpp"
#include "service/control/own_load.hpp"
#include "service/control/recent.hpp"
#include "service/control/settings.hpp"
#include "service/control/shadow_curve.hpp"
#include "service/control/status.hpp"
#include "tuner/tuner.hpp"

namespace sweetspot::control {

// Steers the limit: takes a window at each tick, asks the tuner, puts its limit in force and
// publishes its verdict. Told the time; owns no timer. One thread.
class Steering {
 public:
  using WallTime = std::chrono::system_clock::time_point;
  Steering(Settings settings, admission::Limiter& limiter, const Recorders& recorders,
           TimePoint now, WallTime wall_now);

  // Called with each decision, after its limit is in force. Add them before start().
  void on_decision(std::function<void(const Decision&)> listener);

  // The tuner, and where a line for all that it is told and says goes. Before start().
  const tuner::Tuner& tuner() const { return tuner_; }
  void record_to(std::function<void(std::string line)> sink) { tuner_.record_to(std::move(sink)); }

  // What an earlier run left. Before start().
  void restore(std::deque<Decision> earlier);
  void restore_curve(const std::vector<LoadCurve::Point>& earlier) { curve_.restore(earlier); }

  void start(TimePoint now);     // puts the start size or the pin in force
  Duration tick(TimePoint now);  // after start(); returns how long to wait until the next

  // An operator's orders: carried out at once, or refused. What is already so is left so.
  using Answer = std::optional<Refusal>;
  Answer pin(int limit, Order order, TimePoint now, std::optional<Duration> lasts = {});
  Answer unpin(Order order, TimePoint now);
  Answer roll_back(std::uint64_t sequence, Order order, TimePoint now,
                   std::optional<Duration> lasts = {});
  Answer set_bounds(BoundsChange change, Order order, TimePoint now);
  Answer retune(Order order, TimePoint now);
  Answer pause(Order order, TimePoint now);
  Answer resume(Order order, TimePoint now);
  Answer set_objective(tuner::Objective objective, std::optional<Duration> p99_bound, Order order,
                       TimePoint now);
  Answer set_mode(admission::Mode mode, Order order, TimePoint now);
  void move_parts(TimePoint now);  // the groups' shares of the limit are others from now on
  // What of the configuration was exchanged: kept in the decision log.
  void note_configuration(const std::vector<std::string>& keys, Order order, TimePoint now);
  void begin_drain(Order order, TimePoint now);  // no experiment from now on
  void set_drained() { drained_ = true; }        // nothing is under way any more

  // One of several replicas (tuner.in_turns): whether it may explore from hold, and why.
  void allow_exploration(bool allowed, const std::string& why, TimePoint now);
  bool wants_to_explore() const { return tunes() && tuner_.wants_to_explore(); }
  bool is_exploring() const { return tuner_.is_exploring(); }
  void adopt(int limit, std::string source, TimePoint now);  // what another replica learnt
  void wait_at_start(TimePoint until) { start_waits_until_ = until; }  // learn nothing before
  void set_fleet(std::string_view state) { fleet_ = state; }  // for the status; static storage

  Status status(TimePoint now) const;
  const DecisionLog& decisions() const { return log_; }
  const LoadCurve& curve() const { return curve_; }
  // What is shown of it, by the objective in force; in mode shadow the curve that demand alone
  // draws.
  LearntCurve learnt_curve(TimePoint now) const;
  tuner::Objective objective() const { return tuner_.settings().objective; }
  int held_limit() const { return tuner_.held_limit(); }
  double busiest_thread() const { return own_load_.busiest(); }  // 0 to 1, of the I/O threads
  std::uint64_t shed_during_probes() const { return shed_during_probes_; }

 private:
  void add_classes(Status& status, TimePoint now) const;
  void add_demand(LearntCurve& curve, TimePoint now) const;
  bool tunes() const;
  void on_own_load(TimePoint now);
  bool is_stopped() const;  // by an operator: pinned, paused, draining
  tuner::State state() const;
  Duration decide(TimePoint now);
  void observe(TimePoint now);
  void advise(TimePoint now);  // in shadow: what the tuner would do
  void put_in_force(int limit, TimePoint now);
  std::optional<Refusal> judge_limit(int limit) const;
  std::optional<Refusal> judge_tuning() const;
  void pin_now(int limit, std::string action, Order order, TimePoint now,
               std::optional<Duration> lasts);
  tuner::Verdict own_verdict(tuner::Reason reason, std::string sentence) const;
  void carried_out(tuner::Verdict verdict, std::string action, Order order, TimePoint now);
  void publish(tuner::Verdict verdict, std::string action, Order order);
  WallTime wall(TimePoint at) const;

  Settings settings_;
  admission::Limiter& limiter_;
  tuner::Tuner tuner_;
  Measurement measurement_;
  OwnLoad own_load_;
  Recent recent_;
  DecisionLog log_;
  LoadCurve curve_;
  std::vector<std::function<void(const Decision&)>> listeners_;
  int aim_ = 0;              // the limit that is in force once all groups have their part of it
  bool is_in_place_ = true;  // so it is
  TimePoint part_moved_at_{};
  TimePoint started_;
  WallTime wall_started_;
  TimePoint last_traffic_;
  Measurement::Seen seen_;
  ShadowCurve shadow_;
  std::optional<int> advised_limit_;
  TimePoint advised_at_{};
  std::optional<TimePoint> pin_expires_;
  TimePoint start_waits_until_{};
  bool may_explore_;
  const bool has_groups_;
  std::string_view fleet_ = "off";
  std::uint64_t tuner_sequence_ = 0;  // of the last verdict of the tuner that was published
  bool draining_ = false, drained_ = false;
  bool paused_by_mode_ = false;  // not by an operator's pause
  bool paused_by_load_ = false;  // nor that
  std::uint64_t shed_during_probes_ = 0;
};

}  // namespace sweetspot::control
