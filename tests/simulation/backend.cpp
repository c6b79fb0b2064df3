#include "tests/simulation/backend.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::simulation {

double Curve::at(double x) const {
  if (x <= points_.front().x) return points_.front().y;
  for (std::size_t i = 1; i < points_.size(); ++i) {
    const Point &a = points_[i - 1], &b = points_[i];
    if (x <= b.x) return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x);
  }
  return points_.back().y;
}

SharedBackend::SharedBackend(Curve mu, Curve sigma, std::uint64_t seed)
    : mu_(std::move(mu)), sigma_(std::move(sigma)), random_(seed) {}

SharedBackend SharedBackend::disk(std::uint64_t seed) {
  return SharedBackend(
      Curve({{0, 0}, {1, 100}, {4, 400}, {8, 600}, {16, 700}, {32, 720}, {64, 720}}),
      Curve({{4, 0}, {8, 0.055}, {16, 0.125}, {32, 0.28}, {64, 0.40}}), seed);
}

double SharedBackend::rate_per_job() const {
  const double n = static_cast<double>(jobs_.size());
  return jobs_.empty() ? 0 : factor_ * mu_.at(n) / n;
}

void SharedBackend::advance(TimePoint now) {
  attained_ += rate_per_job() * tuner::seconds(now - now_);
  now_ = now;
}

void SharedBackend::start(RequestId id, TimePoint now) {
  advance(now);
  const double sigma = sigma_.at(static_cast<double>(jobs_.size() + 1));
  const double work = std::exp(sigma * normal_(random_) - sigma * sigma / 2);
  jobs_.push({attained_ + work, id});
}

std::optional<TimePoint> SharedBackend::next_departure() const {
  if (jobs_.empty()) return std::nullopt;
  const double left = std::max(0.0, jobs_.top().due - attained_);
  return now_ + tuner::from_seconds(left / rate_per_job()) + Duration(1);
}

RequestId SharedBackend::finish(TimePoint now) {
  advance(now);
  const RequestId id = jobs_.top().id;
  jobs_.pop();
  return id;
}

void SharedBackend::scale_capacity(double factor, TimePoint now) {
  advance(now);
  factor_ = factor;
}

}  // namespace sweetspot::simulation
