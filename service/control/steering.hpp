#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "service/control/decision_log.hpp"
#include "service/control/measurement.hpp"
#include "service/control/recent.hpp"
#include "service/control/settings.hpp"
#include "service/control/status.hpp"
#include "tuner/tuner.hpp"

namespace sweetspot::control {

// Why an operator's order was not carried out.
struct Refusal {
  enum class Kind { out_of_range, not_tuning } kind;
  std::string message;  // begins with the field's name where there is one
};

// Steers the limit: takes a window at each tick, asks the tuner, puts its limit in force and
// publishes its verdict. Told the time; owns no timer. One thread.
class Steering {
 public:
  using WallTime = std::chrono::system_clock::time_point;
  Steering(Settings settings, admission::Limiter& limiter, const Recorders& recorders,
           TimePoint now, WallTime wall_now);

  // Called with each decision, after its limit is in force. Add them before start().
  void on_decision(std::function<void(const Decision&)> listener);

  void start(TimePoint now);    // puts the start size or the pin in force
  Duration tick(TimePoint now);  // after start(); returns how long to wait until the next

  // An operator's orders: carried out at once, or refused.
  std::optional<Refusal> pin(int limit, std::string comment, TimePoint now);
  std::optional<Refusal> retune(std::string comment, TimePoint now);

  Status status(TimePoint now) const;
  const DecisionLog& decisions() const { return log_; }
  std::uint64_t shed_during_probes() const { return shed_during_probes_; }

 private:
  bool tunes() const;
  tuner::State state() const;
  void observe(TimePoint now);
  void put_in_force(int limit, TimePoint now);
  void publish(tuner::Verdict verdict, std::string comment);

  Settings settings_;
  admission::Limiter& limiter_;
  tuner::Tuner tuner_;
  Measurement measurement_;
  Recent recent_;
  DecisionLog log_;
  std::vector<std::function<void(const Decision&)>> listeners_;
  TimePoint started_;
  WallTime wall_started_;
  TimePoint last_traffic_;
  Measurement::Seen seen_;
  std::uint64_t requests_ = 0, shed_ = 0, shed_during_probes_ = 0;
};

}  // namespace sweetspot::control
