#pragma once

#include <memory>

#include "tuner/algorithms/rule.hpp"
#include "tuner/decider.hpp"

namespace sweetspot::tuner::algorithms {

// Follows a rule of the field's, within the bounds, with an operator's orders on top. It moves the
// limit at each step, so a verdict sums up a second of moves. One thread.
class Follower : public Decider {
 public:
  Follower(const Settings& settings, TimePoint now);

  Step step(const Window& seen, TimePoint now) override;
  Verdict pin(int limit, TimePoint now) override;
  Verdict unpin(TimePoint now) override;
  Verdict retune(TimePoint now) override;
  Verdict set_objective(Objective objective, std::optional<Duration> p99_bound,
                        TimePoint now) override;
  Verdict set_bounds(int min, int max, TimePoint now) override;
  Verdict pause(TimePoint now, const std::string& why) override;
  Verdict resume(TimePoint now, const std::string& why) override;

  int limit() const override { return limit_; }
  int held() const override { return limit_; }
  State state() const override { return state_; }
  const Settings& settings() const override { return settings_; }
  const std::optional<Verdict>& last_verdict() const override { return last_verdict_; }
  double exploration_share() const override { return 0; }

 private:
  int clamped(double limit) const;
  Verdict decide(Reason reason, std::string sentence, TimePoint now);

  Settings settings_;
  std::unique_ptr<Rule> rule_;
  int limit_;
  int said_;  // the limit of the last verdict
  State state_ = State::hold;
  std::uint64_t sequence_ = 0;
  std::optional<Verdict> last_verdict_;
  bool is_fresh_ = true;  // the start's verdict is not yet handed out
};

}  // namespace sweetspot::tuner::algorithms
