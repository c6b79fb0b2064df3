#include "tests/simulation/backend.hpp"

#include <algorithm>

namespace sweetspot::simulation {

namespace {

constexpr Duration refusal = std::chrono::microseconds(500);  // as a connection that is reset takes

Work work_of(const BackendSpec& spec) {
  switch (spec.distribution) {
    case Distribution::deterministic:
      return deterministic();
    case Distribution::exponential:
      return exponential();
    case Distribution::lognormal:
      return lognormal(spec.sigma);
    case Distribution::bimodal:
      return bimodal(spec.slow_share, spec.slow_factor);
  }
  return deterministic();
}

std::unique_ptr<Station> station_of(const BackendSpec& spec, std::uint64_t seed) {
  const double service = tuner::seconds(spec.service), servers = spec.parallelism;
  const auto shared = [=](double n, double capacity) {
    return std::min(n, servers * capacity) / service;
  };
  switch (spec.kind) {
    case BackendKind::disk:
      return std::make_unique<SharedStation>(
          [](double n, double capacity) { return capacity * disk_mu(n); }, disk_work(), seed);
    case BackendKind::usl:
      return std::make_unique<SharedStation>(
          [spec](double n, double capacity) { return capacity * usl_mu(spec, n); }, work_of(spec),
          seed);
    case BackendKind::shared:
      return std::make_unique<SharedStation>(shared, work_of(spec), seed);
    case BackendKind::convoy:
      return std::make_unique<SharedStation>(
          shared, work_of(spec), seed,
          SharedStation::Convoy{spec.convoy_enter, spec.convoy_leave, spec.convoy_factor});
    case BackendKind::servers:
      break;
  }
  return std::make_unique<ServerStation>(servers, spec.service, work_of(spec), seed);
}

}  // namespace

Backend::Backend(const BackendSpec& spec, std::uint64_t seed)
    : station_(station_of(spec, seed)), io_(spec.io), random_(seed + 1) {}

void Backend::start(RequestId id, TimePoint now) {
  if (out_) return delayed_.push({now + refusal, id, true});
  if (io_ + added_ == Duration::zero()) return station_->start(id, now);
  std::exponential_distribution<double> io(1);
  const Duration delay = io_ > Duration::zero()
                             ? tuner::from_seconds(tuner::seconds(io_) * (0.5 + 0.5 * io(random_)))
                             : Duration::zero();
  delayed_.push({now + delay + added_, id, false});
}

std::optional<TimePoint> Backend::next_event() const {
  auto next = station_->next_departure();
  if (!delayed_.empty()) next = std::min(next.value_or(delayed_.top().until), delayed_.top().until);
  return next;
}

std::optional<Backend::Answer> Backend::step(TimePoint now) {
  if (!delayed_.empty() && delayed_.top().until <= now) {
    const Delayed delayed = delayed_.top();
    delayed_.pop();
    if (delayed.refused) return Answer{delayed.id, false};
    station_->start(delayed.id, now);
    return std::nullopt;
  }
  const auto departure = station_->next_departure();
  if (!departure || *departure > now) return std::nullopt;
  const RequestId id = station_->finish(now);
  return Answer{id, failures_ <= 0 || !std::bernoulli_distribution(failures_)(random_)};
}

void Backend::set_speed(double factor, TimePoint now) {
  speed_ = factor;
  station_->set_speed(stalled_ ? 0 : speed_, now);
}

void Backend::set_stalled(bool stalled, TimePoint now) {
  stalled_ = stalled;
  station_->set_speed(stalled_ ? 0 : speed_, now);
}

}  // namespace sweetspot::simulation
