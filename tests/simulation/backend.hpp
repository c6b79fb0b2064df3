#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <vector>

#include "tuner/time.hpp"

namespace sweetspot::simulation {

using tuner::Duration;
using tuner::TimePoint;
using Random = std::mt19937_64;
using RequestId = std::uint64_t;

// Piecewise linear y(x), constant beyond both ends.
class Curve {
 public:
  struct Point {
    double x, y;
  };
  explicit Curve(std::vector<Point> points) : points_(std::move(points)) {}
  double at(double x) const;

 private:
  std::vector<Point> points_;
};

// A backend that works on n requests at once at a total rate of mu(n) a second, shared equally.
// Work is 1 on average: exp(sigma Z - sigma^2/2), sigma by the in-flight at a request's start.
class SharedBackend {
 public:
  SharedBackend(Curve mu, Curve sigma, std::uint64_t seed);

  // The disk that gives the document's table: 100/400/600/700/720/720 a second at 1..64.
  static SharedBackend disk(std::uint64_t seed);

  void start(RequestId id, TimePoint now);
  std::optional<TimePoint> next_departure() const;
  RequestId finish(TimePoint now);  // the one that next_departure() promised
  int in_flight() const { return static_cast<int>(jobs_.size()); }
  void scale_capacity(double factor, TimePoint now);  // of mu, from now on

 private:
  struct Job {
    double due;  // in attained work a job
    RequestId id;
    bool operator>(const Job& other) const { return due > other.due; }
  };
  double rate_per_job() const;
  void advance(TimePoint now);

  Curve mu_, sigma_;
  double factor_ = 1;
  Random random_;
  std::normal_distribution<double> normal_;
  TimePoint now_{};
  double attained_ = 0;  // work that a job present from the start would have got
  std::priority_queue<Job, std::vector<Job>, std::greater<>> jobs_;
};

}  // namespace sweetspot::simulation
