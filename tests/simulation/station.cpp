#include "tests/simulation/station.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sweetspot::simulation {

double Curve::at(double x) const {
  if (x <= points_.front().x) return points_.front().y;
  for (std::size_t i = 1; i < points_.size(); ++i) {
    const Point &a = points_[i - 1], &b = points_[i];
    if (x <= b.x) return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x);
  }
  return points_.back().y;
}

Work deterministic() {
  return [](Random&, double) { return 1.0; };
}

Work exponential() {
  return [](Random& random, double) { return std::exponential_distribution<double>(1)(random); };
}

Work lognormal(double sigma) {
  return [sigma](Random& random, double) {
    return std::exp(std::normal_distribution<double>(-sigma * sigma / 2, sigma)(random));
  };
}

Work bimodal(double share, double factor) {
  const double small = 1 / (1 - share + share * factor);
  return [=](Random& random, double) {
    return std::bernoulli_distribution(share)(random) ? factor * small : small;
  };
}

Work disk_work() {
  return [](Random& random, double in_station) {
    static const Curve sigmas({{4, 0}, {8, 0.055}, {16, 0.125}, {32, 0.28}, {64, 0.40}});
    const double sigma = sigmas.at(in_station);
    return sigma > 0 ? lognormal(sigma)(random, in_station) : 1.0;
  };
}

double disk_mu(double n) {
  static const Curve mu({{0, 0}, {1, 100}, {4, 400}, {8, 600}, {16, 700}, {32, 720}, {64, 720}});
  return mu.at(n);
}

SharedStation::SharedStation(Mu mu, Work work, std::uint64_t seed, Convoy convoy)
    : mu_(std::move(mu)), work_(std::move(work)), convoy_(convoy), random_(seed) {}

double SharedStation::rate_per_job() const {
  if (jobs_.empty()) return 0;
  const double n = static_cast<double>(jobs_.size());
  return speed_ * (in_convoy_ ? convoy_.factor : 1) * mu_(n, capacity_) / n;
}

void SharedStation::advance(TimePoint now) {
  attained_ += rate_per_job() * tuner::seconds(now - now_);
  now_ = now;
}

void SharedStation::note_convoy() {
  const double n = static_cast<double>(jobs_.size());
  if (n > convoy_.enter) in_convoy_ = true;
  if (n <= convoy_.leave) in_convoy_ = false;
}

void SharedStation::start(RequestId id, TimePoint now) {
  advance(now);
  jobs_.push({attained_ + work_(random_, static_cast<double>(jobs_.size() + 1)), id});
  note_convoy();
}

std::optional<TimePoint> SharedStation::next_departure() const {
  const double rate = rate_per_job();
  if (rate <= 0) return std::nullopt;
  const double left = std::max(0.0, jobs_.top().due - attained_);
  return now_ + tuner::from_seconds(left / rate) + Duration(1);
}

RequestId SharedStation::finish(TimePoint now) {
  advance(now);
  const RequestId id = jobs_.top().id;
  jobs_.pop();
  note_convoy();
  return id;
}

void SharedStation::set_speed(double factor, TimePoint now) {
  advance(now);
  speed_ = factor;
}

void SharedStation::set_capacity(double factor, TimePoint now) {
  advance(now);
  capacity_ = factor;
}

ServerStation::ServerStation(double servers, Duration mean_service, Work work, std::uint64_t seed)
    : servers_(servers),
      mean_service_(tuner::seconds(mean_service)),
      work_(std::move(work)),
      random_(seed) {}

void ServerStation::advance(TimePoint now) {
  worked_ += speed_ * tuner::seconds(now - now_);
  now_ = now;
}

void ServerStation::serve() {
  const auto most = static_cast<std::size_t>(std::max(1.0, std::round(servers_ * capacity_)));
  while (!waiting_.empty() && running_.size() < most) {
    const double work = work_(random_, static_cast<double>(running_.size() + waiting_.size()));
    running_.push({worked_ + work * mean_service_, waiting_.front()});
    waiting_.pop_front();
  }
}

void ServerStation::start(RequestId id, TimePoint now) {
  advance(now);
  waiting_.push_back(id);
  serve();
}

std::optional<TimePoint> ServerStation::next_departure() const {
  if (running_.empty() || speed_ <= 0) return std::nullopt;
  const double left = std::max(0.0, running_.top().due - worked_);
  return now_ + tuner::from_seconds(left / speed_) + Duration(1);
}

RequestId ServerStation::finish(TimePoint now) {
  advance(now);
  const RequestId id = running_.top().id;
  running_.pop();
  serve();
  return id;
}

void ServerStation::set_speed(double factor, TimePoint now) {
  advance(now);
  speed_ = factor;
}

void ServerStation::set_capacity(double factor, TimePoint now) {
  advance(now);
  capacity_ = factor;
  serve();
}

}  // namespace sweetspot::simulation
