#include "tuner/tuner.hpp"

#include "tuner/algorithms/follower.hpp"
#include "tuner/machine.hpp"

namespace sweetspot::tuner {

namespace {

std::unique_ptr<Decider> make_decider(const Settings& settings, TimePoint now) {
  if (settings.algorithm == Algorithm::sweetspot) return std::make_unique<Machine>(settings, now);
  return std::make_unique<algorithms::Follower>(settings, now);
}

}  // namespace

Tuner::Tuner(Settings settings, TimePoint now) : impl_(make_decider(settings, now)) {}
Tuner::~Tuner() = default;
Tuner::Tuner(Tuner&&) noexcept = default;
Tuner& Tuner::operator=(Tuner&&) noexcept = default;

Step Tuner::step(const Window& seen, TimePoint now) { return impl_->step(seen, now); }
Verdict Tuner::pin(int limit, TimePoint now) { return impl_->pin(limit, now); }
Verdict Tuner::unpin(TimePoint now) { return impl_->unpin(now); }
Verdict Tuner::retune(TimePoint now) { return impl_->retune(now); }
Verdict Tuner::set_objective(Objective objective, std::optional<Duration> p99_bound, TimePoint now) {
  return impl_->set_objective(objective, p99_bound, now);
}
Verdict Tuner::set_bounds(int min, int max, TimePoint now) {
  return impl_->set_bounds(min, max, now);
}
Verdict Tuner::pause(TimePoint now) { return impl_->pause(now); }
Verdict Tuner::resume(TimePoint now) { return impl_->resume(now); }

std::optional<Verdict> Tuner::allow_exploration(bool allowed, std::string why, TimePoint now) {
  return impl_->allow_exploration(allowed, std::move(why), now);
}
bool Tuner::is_exploring() const { return impl_->is_exploring(); }
bool Tuner::wants_to_explore() const { return impl_->wants_to_explore(); }
std::optional<Verdict> Tuner::adopt(int limit, std::string source, TimePoint now) {
  return impl_->adopt(limit, std::move(source), now);
}

int Tuner::limit() const { return impl_->limit(); }
int Tuner::held_limit() const { return impl_->held(); }
State Tuner::state() const { return impl_->state(); }
bool Tuner::pinned() const { return impl_->state() == State::pinned; }
const Settings& Tuner::settings() const { return impl_->settings(); }
const std::optional<Verdict>& Tuner::last_verdict() const { return impl_->last_verdict(); }
double Tuner::exploration_share() const { return impl_->exploration_share(); }

}  // namespace sweetspot::tuner
