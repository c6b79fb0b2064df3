#include "tests/simulation/simulation.hpp"

#include <algorithm>

namespace sweetspot::simulation {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Duration back_off = milliseconds(1);  // of a client whose request was shed

}  // namespace

Simulation::Simulation(const Scenario& scenario, SharedBackend backend)
    : scenario_(scenario),
      backend_(std::move(backend)),
      admission_(scenario.tuner.initial, scenario.queue_size, scenario.queue_timeout),
      tuner_(scenario.tuner, now_),
      random_(scenario.seed),
      largest_limit_(scenario.tuner.initial) {
  std::uniform_int_distribution<int> spread(0, 1000);
  for (int i = 0; i < scenario.load.clients; ++i) {
    schedule(now_ + microseconds(spread(random_)), Kind::arrival);
  }
  if (scenario.load.clients == 0) schedule(now_ + microseconds(1), Kind::arrival);
  schedule(now_ + milliseconds(5), Kind::tick);
}

void Simulation::schedule(TimePoint at, Kind kind) { events_.push({at, order_++, kind}); }

void Simulation::run(Duration span) {
  const TimePoint end = now_ + span;
  while (true) {
    const auto departure = backend_.next_departure();
    const auto expiry = admission_.next_expiry();
    TimePoint next = events_.top().at;
    if (departure) next = std::min(next, *departure);
    if (expiry) next = std::min(next, *expiry);
    if (next > end) break;
    now_ = std::max(now_, next);
    if (departure && *departure <= next) {
      depart();
    } else if (expiry && *expiry <= next) {
      while (admission_.expire_next(now_)) gone(true);
    } else {
      const Kind kind = events_.top().kind;
      events_.pop();
      kind == Kind::tick ? tick() : arrive();
    }
  }
  now_ = end;
}

void Simulation::arrive() {
  if (scenario_.load.clients == 0) {
    std::exponential_distribution<double> gap(std::max(scenario_.load.rate, 1e-3));
    schedule(now_ + tuner::from_seconds(gap(random_)), Kind::arrival);
  }
  const RequestId id = ++last_id_;
  switch (admission_.arrive(id, now_)) {
    case Admission::Answer::granted: grant(id, admission_.epoch()); break;
    case Admission::Answer::queued: break;
    case Admission::Answer::shed: gone(true); break;
  }
}

void Simulation::grant(RequestId id, std::uint64_t epoch) {
  running_[id] = {now_, epoch, tuner_.limit() != tuner_.held_limit()};
  backend_.start(id, now_);
}

void Simulation::grant_waiters() {
  while (const auto granted = admission_.grant_next(now_)) grant(granted->id, granted->epoch);
}

void Simulation::depart() {
  const RequestId id = backend_.finish(now_);
  const Request request = running_.at(id);
  running_.erase(id);
  const Duration latency = now_ - request.granted_at;
  admission_.count(true, latency, request.epoch == admission_.epoch());
  ++sums_.successes;
  sums_.away += request.away ? 1 : 0;
  sums_.latency.record(latency);
  if (!request.away) sums_.latency_at_held.record(latency);
  admission_.release(now_);
  grant_waiters();
  gone(false);
}

void Simulation::gone(bool shed) {
  sums_.shed += shed ? 1 : 0;
  if (scenario_.load.clients > 0) schedule(now_ + (shed ? back_off : microseconds(50)), Kind::arrival);
}

void Simulation::tick() {
  const tuner::Window seen = admission_.take(now_);
  if (!scenario_.tuned) {
    schedule(now_ + milliseconds(100), Kind::tick);
    return;
  }
  tuner::Step step = tuner_.step(seen, now_);
  if (step.verdict) verdicts_.push_back(std::move(*step.verdict));
  if (!first_hold_ && tuner_.state() == tuner::State::hold) first_hold_ = now_;
  largest_limit_ = std::max(largest_limit_, step.limit);
  admission_.set_limit(step.limit, now_);
  grant_waiters();
  schedule(now_ + step.next_tick + lateness(), Kind::tick);
}

// As measured on a real host: 80 to 160 us late, rarely 4 ms.
Duration Simulation::lateness() {
  std::uniform_real_distribution<double> chance;
  if (chance(random_) < 0.002) return milliseconds(4);
  return microseconds(80 + static_cast<int>(chance(random_) * 80));
}

}  // namespace sweetspot::simulation
