#pragma once

#include <optional>
#include <string>

#include "tuner/tuner.hpp"

namespace sweetspot::tuner {

// What stands behind a Tuner: the state machine of this project's method, or a rule of the field's.
class Decider {
 public:
  virtual ~Decider() = default;

  virtual Step step(const Window& seen, TimePoint now) = 0;
  virtual Verdict pin(int limit, TimePoint now) = 0;
  virtual Verdict unpin(TimePoint now) = 0;
  virtual Verdict retune(TimePoint now) = 0;
  virtual Verdict set_objective(Objective objective, std::optional<Duration> p99_bound,
                                TimePoint now) = 0;
  virtual Verdict set_bounds(int min, int max, TimePoint now) = 0;
  virtual Verdict pause(TimePoint now, const std::string& why) = 0;
  virtual Verdict resume(TimePoint now, const std::string& why) = 0;

  // Rules of the field's know no turns.
  virtual std::optional<Verdict> allow_exploration(bool, std::string, TimePoint) { return {}; }
  virtual bool is_exploring() const { return false; }
  virtual bool wants_to_explore() const { return false; }
  virtual std::optional<Verdict> adopt(int, std::string, TimePoint) { return {}; }

  virtual int limit() const = 0;
  virtual int held() const = 0;
  virtual State state() const = 0;
  virtual const Settings& settings() const = 0;
  virtual const std::optional<Verdict>& last_verdict() const = 0;
  virtual double exploration_share() const = 0;
};

}  // namespace sweetspot::tuner
