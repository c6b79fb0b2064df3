#include "tuner/tuner.hpp"

#include "tuner/algorithms/follower.hpp"
#include "tuner/machine.hpp"
#include "tuner/recording.hpp"

namespace sweetspot::tuner {

namespace {

std::unique_ptr<Decider> make_decider(const Settings& settings, TimePoint now) {
  if (settings.algorithm == Algorithm::sweetspot) return std::make_unique<Machine>(settings, now);
  return std::make_unique<algorithms::Follower>(settings, now);
}

const Verdict* said_in(const Verdict& verdict) { return &verdict; }
const Verdict* said_in(const std::optional<Verdict>& verdict) {
  return verdict ? &*verdict : nullptr;
}
const Verdict* said_in(const Step& step) { return said_in(step.verdict); }

}  // namespace

Tuner::Tuner(Settings settings, TimePoint now) : impl_(make_decider(settings, now)), began_(now) {}
Tuner::~Tuner() = default;
Tuner::Tuner(Tuner&&) noexcept = default;
Tuner& Tuner::operator=(Tuner&&) noexcept = default;

// The call as a line, then what was said to it.
template <class Encode, class Call>
auto Tuner::recorded(Encode encode, Call call) {
  auto said = call();
  if (sink_) {
    sink_(encode());
    if (const Verdict* verdict = said_in(said)) sink_(encode_verdict(*verdict));
  }
  return said;
}

Step Tuner::step(const Window& seen, TimePoint now) {
  return recorded([&] { return encode_window(seen, now); }, [&] { return impl_->step(seen, now); });
}
Verdict Tuner::pin(int limit, TimePoint now) {
  return recorded([&] { return encode_pin(limit, now); }, [&] { return impl_->pin(limit, now); });
}
Verdict Tuner::unpin(TimePoint now) {
  return recorded([&] { return encode_unpin(now); }, [&] { return impl_->unpin(now); });
}
Verdict Tuner::retune(TimePoint now) {
  return recorded([&] { return encode_retune(now); }, [&] { return impl_->retune(now); });
}
Verdict Tuner::set_objective(Objective objective, std::optional<Duration> p99_bound,
                             TimePoint now) {
  return recorded([&] { return encode_objective(objective, p99_bound, now); },
                  [&] { return impl_->set_objective(objective, p99_bound, now); });
}
Verdict Tuner::set_bounds(int min, int max, TimePoint now) {
  return recorded([&] { return encode_bounds(min, max, now); },
                  [&] { return impl_->set_bounds(min, max, now); });
}
Verdict Tuner::pause(TimePoint now, std::string why) {
  return recorded([&] { return encode_pause(now, why); }, [&] { return impl_->pause(now, why); });
}
Verdict Tuner::resume(TimePoint now, std::string why) {
  return recorded([&] { return encode_resume(now, why); }, [&] { return impl_->resume(now, why); });
}

std::optional<Verdict> Tuner::allow_exploration(bool allowed, std::string why, TimePoint now) {
  return recorded([&] { return encode_turn(allowed, why, now); },
                  [&] { return impl_->allow_exploration(allowed, why, now); });
}
std::optional<Verdict> Tuner::adopt(int limit, std::string source, TimePoint now) {
  return recorded([&] { return encode_adopt(limit, source, now); },
                  [&] { return impl_->adopt(limit, source, now); });
}
bool Tuner::is_exploring() const { return impl_->is_exploring(); }
bool Tuner::wants_to_explore() const { return impl_->wants_to_explore(); }

int Tuner::limit() const { return impl_->limit(); }
int Tuner::held_limit() const { return impl_->held(); }
State Tuner::state() const { return impl_->state(); }
bool Tuner::pinned() const { return impl_->state() == State::pinned; }
const Settings& Tuner::settings() const { return impl_->settings(); }
const std::optional<Verdict>& Tuner::last_verdict() const { return impl_->last_verdict(); }
double Tuner::exploration_share() const { return impl_->exploration_share(); }

}  // namespace sweetspot::tuner
