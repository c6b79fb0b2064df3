#include "tests/simulation/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sweetspot::simulation {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Duration sweep_every = milliseconds(5);
constexpr Duration wild_back_off = milliseconds(1);  // of a closed client that was shed
constexpr Duration network = microseconds(50);

std::size_t queue_size(const Scenario& scenario, int limit) {
  return scenario.queue_size.value_or(static_cast<std::size_t>(std::max(4, limit)));
}

}  // namespace

struct Simulation::Request final : admission::Waiter {
  void granted(admission::Permit) override {}  // the simulation asks the core itself
  void shed(admission::ShedReason) override {}

  RequestId id = 0;
  std::size_t tries = 0;
  TimePoint arrived{}, granted_at{};
  std::uint64_t epoch = 0;
  bool away = false;
};

Simulation::Simulation(const Scenario& scenario, const tuner::Settings& settings,
                       std::uint64_t seed)
    : scenario_(scenario),
      backend_(scenario.backend, seed + 1000),
      limiter_({.queue_size = queue_size(scenario, settings.initial),
                .queue_timeout = scenario.timeout()},
               settings.initial, now_),
      tuner_(settings, now_),
      world_(seed),
      random_(seed + 2000) {
  story_.largest_limit = limiter_.limit();
  story_.limits.push_back({now_, limiter_.limit(), tuner_.held_limit()});
  story_.phases.emplace_back();
  std::uniform_int_distribution<int> spread(0, 1000);
  for (int i = 0; i < scenario_.traffic.clients; ++i) {
    schedule(now_ + microseconds(spread(random_)), Kind::arrival);
  }
  if (scenario_.traffic.clients == 0) schedule_arrival();
  plan_events();
  schedule(now_ + milliseconds(5), Kind::tick);
  schedule(now_ + sweep_every, Kind::sweep);
  if (scenario_.backend.wander > 0) schedule(now_, Kind::wander);
  last_ = limiter_.read(now_);
}

Simulation::~Simulation() = default;
Simulation::Simulation(Simulation&&) noexcept = default;

void Simulation::schedule(TimePoint at, Kind kind, std::size_t which) {
  events_.push({at, order_++, kind, which});
}

// Gradual events become steps of half a second.
void Simulation::plan_events() {
  constexpr Duration step = milliseconds(500);
  double before[7] = {1, 1, 1, 0, 0, 0, 0};
  for (const Event& event : scenario_.events) {
    double& from = before[static_cast<int>(event.what)];
    for (Duration t = step; t <= event.over; t += step) {
      Event part = event;
      part.at = event.at + t;
      part.value = from + (event.value - from) * tuner::seconds(t) / tuner::seconds(event.over);
      part.phase = false;
      steps_.push_back(part);
    }
    if (event.over == Duration::zero() || event.phase) {
      Event now = event;
      if (event.over > Duration::zero()) now.value = from;
      steps_.push_back(now);
    }
    from = event.value;
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    schedule(TimePoint(steps_[i].at), Kind::event, i);
  }
}

void Simulation::happen(const Event& event) {
  if (event.phase) story_.phases.emplace_back();
  switch (event.what) {
    case Event::What::capacity:
      backend_.set_capacity(event.value, now_);
      break;
    case Event::What::speed:
      backend_.set_speed(event.value, now_);
      break;
    case Event::What::load:
      load_factor_ = event.value;
      break;
    case Event::What::latency:
      backend_.set_added_latency(tuner::from_seconds(event.value / 1e3));
      break;
    case Event::What::failures:
      backend_.set_failures(event.value);
      break;
    case Event::What::stall:
      backend_.set_stalled(event.value != 0, now_);
      break;
    case Event::What::outage:
      backend_.set_outage(event.value != 0);
      break;
  }
}

void Simulation::run(Duration span) {
  const TimePoint end = now_ + span;
  while (true) {
    const auto departure = backend_.next_event();
    const TimePoint next = std::min(departure.value_or(TimePoint::max()), events_.top().at);
    if (next > end) break;
    now_ = std::max(now_, next);
    if (departure && *departure <= next) {
      if (const auto answered = backend_.step(now_)) answer(*answered);
      continue;
    }
    const Timed timed = events_.top();
    events_.pop();
    switch (timed.kind) {
      case Kind::arrival:
        if (scenario_.traffic.clients == 0) {
          schedule_arrival();
          std::uniform_real_distribution<double> chance(0, most_rate());
          if (chance(world_) > rate(now_)) break;  // thinning
        }
        arrive(0);
        break;
      case Kind::retry:
        arrive(timed.which);
        break;
      case Kind::sweep:
        sweep();
        break;
      case Kind::tick:
        tick();
        break;
      case Kind::wander:
        wander();
        break;
      case Kind::event:
        happen(steps_[timed.which]);
        break;
    }
  }
  now_ = end;
}

// An Ornstein-Uhlenbeck process: a host whose capacity is not its own.
void Simulation::wander() {
  constexpr Duration step = milliseconds(20);
  const double keep =
      std::exp(-tuner::seconds(step) / tuner::seconds(scenario_.backend.wander_over));
  drift_ = keep * drift_ + std::sqrt(1 - keep * keep) * std::normal_distribution<double>()(world_);
  backend_.set_speed(std::clamp(1 + scenario_.backend.wander * drift_, 0.1, 2.0), now_);
  schedule(now_ + step, Kind::wander);
}

double Simulation::most_rate() const {
  const Traffic& traffic = scenario_.traffic;
  const double swing = traffic.shape == Traffic::Shape::poisson ? 0 : traffic.swing;
  return std::max(1e-3, load_factor_ * traffic.load * capacity(scenario_.backend) * (1 + swing));
}

double Simulation::rate(TimePoint at) {
  const Traffic& traffic = scenario_.traffic;
  const double mean = load_factor_ * traffic.load * capacity(scenario_.backend);
  const double period = tuner::seconds(traffic.period), t = tuner::seconds(at.time_since_epoch());
  switch (traffic.shape) {
    case Traffic::Shape::poisson:
      return mean;
    case Traffic::Shape::diurnal:
      return mean * (1 + traffic.swing * std::sin(2 * std::numbers::pi * t / period));
    case Traffic::Shape::bursts:
      return std::fmod(t, period) < period / 10 ? mean * (1 + traffic.swing) : mean;
    case Traffic::Shape::mmpp:
      break;
  }
  if (at >= switch_at_) {
    high_ = !high_;
    std::exponential_distribution<double> stay(2 / period);
    switch_at_ = at + tuner::from_seconds(stay(world_));
  }
  return mean * (high_ ? 1 + traffic.swing : 1 - traffic.swing);
}

void Simulation::schedule_arrival() {
  std::exponential_distribution<double> gap(most_rate());
  schedule(now_ + tuner::from_seconds(std::min(gap(world_), 10.0)), Kind::arrival);
}

Simulation::Request& Simulation::new_request() {
  if (free_.empty()) {
    requests_.push_back(std::make_unique<Request>());
    requests_.back()->id = requests_.size() - 1;
    return *requests_.back();
  }
  Request& request = *requests_[free_.back()];
  free_.pop_back();
  return request;
}

void Simulation::arrive(std::size_t tries) {
  Request& request = new_request();
  request.tries = tries;
  request.arrived = now_;
  if (tries == 0) ++sums_.offered, ++story_.phases.back().offered;
  switch (limiter_.acquire(request, now_).answer) {
    case admission::Limiter::Answer::granted:
      return grant(request);
    case admission::Limiter::Answer::queued:
      return;
    case admission::Limiter::Answer::refused:
      return shed(request);
  }
}

void Simulation::grant(Request& request) {
  request.granted_at = now_;
  request.epoch = limiter_.epoch();
  request.away = limiter_.limit() != tuner_.held_limit();
  ++story_.phases.back().granted_at[limiter_.in_flight()];
  backend_.start(request.id, now_);
}

void Simulation::granted(admission::Waiter* waiter) {
  if (waiter != nullptr) grant(static_cast<Request&>(*waiter));
}

void Simulation::grant_waiters() {
  while (auto* waiter = limiter_.grant_next(now_)) granted(waiter);
}

void Simulation::answer(Backend::Answer answer) {
  Request& request = *requests_[answer.id];
  const Duration latency = now_ - request.granted_at;
  const bool in_time = now_ - request.arrived <= scenario_.due();
  ++(answer.success ? window_.successes : window_.failures);
  if (answer.success && (request.epoch == limiter_.epoch() || tuner_.counts_every_answer())) {
    window_.latency.record(latency);
  }
  for (Sums* sums : {&sums_, &story_.phases.back()}) {
    ++(answer.success ? sums->successes : sums->failures);
    sums->good += answer.success && in_time ? 1 : 0;
    if (!answer.success) continue;
    sums->away += request.away ? 1 : 0;
    sums->latency.record(latency);
    if (!request.away) sums->latency_at_held.record(latency);
  }
  granted(limiter_.release(false, now_));
  gone(request, answer.success && in_time);
}

void Simulation::shed(Request& request) {
  ++window_.shed;
  for (Sums* sums : {&sums_, &story_.phases.back()}) {
    ++sums->shed;
    ++sums->shed_at[limiter_.in_flight()];
    if (limiter_.limit() < tuner_.held_limit()) ++sums->shed_by_probe;
  }
  gone(request, false);
}

void Simulation::gone(Request& request, bool served) {
  const Traffic& traffic = scenario_.traffic;
  const std::size_t tries = request.tries;
  free_.push_back(request.id);
  const auto after = [&](Duration mean) {
    return mean > Duration::zero() ? tuner::from_seconds(std::exponential_distribution<double>(
                                         1 / tuner::seconds(mean))(random_))
                                   : Duration::zero();
  };
  if (!served && tries < static_cast<std::size_t>(traffic.retries)) {
    schedule(now_ + after(traffic.back_off), Kind::retry, tries + 1);
  } else if (traffic.clients > 0) {
    schedule(now_ + (served ? network + after(traffic.think) : wild_back_off), Kind::arrival);
  }
}

void Simulation::sweep() {
  while (auto* waiter = limiter_.shed_expired(now_)) shed(static_cast<Request&>(*waiter));
  schedule(now_ + sweep_every, Kind::sweep);
}

// As the service measures: differences of two readings, and the counts between them.
tuner::Window Simulation::take() {
  const auto reading = limiter_.read(now_);
  tuner::Window window = std::move(window_);
  window.limit = reading.limit;
  window.epoch = reading.epoch;
  window.span = reading.at - last_.at;
  window.in_flight_seconds = reading.in_flight_seconds - last_.in_flight_seconds;
  window.queued_seconds = reading.queued_seconds - last_.queued_seconds;
  window.at_limit = reading.at_limit - last_.at_limit;
  window.queue_fill = reading.queue_fill;
  last_ = reading;
  window_ = tuner::Window();
  return window;
}

void Simulation::tick() {
  tuner::Step step = tuner_.step(take(), now_);
  if (step.verdict) story_.verdicts.push_back(std::move(*step.verdict));
  if (!story_.first_hold && tuner_.state() == tuner::State::hold) story_.first_hold = now_;
  story_.largest_limit = std::max(story_.largest_limit, step.limit);
  put_in_force(step.limit);
  schedule(now_ + step.next_tick + lateness(), Kind::tick);
}

void Simulation::put_in_force(int limit) {
  const auto& last = story_.limits.back();
  if (last.limit != limit || last.held != tuner_.held_limit()) {
    story_.limits.push_back({now_, limit, tuner_.held_limit()});
  }
  if (limit == limiter_.limit()) return;
  limiter_.set_limit(limit, now_);
  limiter_.set_queue_size(queue_size(scenario_, tuner_.held_limit()));
  grant_waiters();
}

// As measured on a real host: 80 to 160 us late, rarely 4 ms.
Duration Simulation::lateness() {
  std::uniform_real_distribution<double> chance;
  if (chance(random_) < 0.002) return milliseconds(4);
  return microseconds(80 + static_cast<int>(chance(random_) * 80));
}

}  // namespace sweetspot::simulation
