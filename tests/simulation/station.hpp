#pragma once

#include <cstdint>
#include <deque>
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

// The work of one request, 1 on average; it may depend on how many are in the station at its start.
using Work = std::function<double(Random&, double in_station)>;
Work deterministic();
Work exponential();
Work lognormal(double sigma);
Work bimodal(double share,
             double factor);  // `share` of the requests cost `factor` times the others
Work disk_work();

// Where requests are worked on. Speed scales how fast all work goes on (0: a stall), capacity how
// much of it at once.
class Station {
 public:
  virtual ~Station() = default;
  virtual void start(RequestId id, TimePoint now) = 0;
  virtual std::optional<TimePoint> next_departure() const = 0;
  virtual RequestId finish(TimePoint now) = 0;  // the one that next_departure() promised
  virtual void set_speed(double factor, TimePoint now) = 0;
  virtual void set_capacity(double factor, TimePoint now) = 0;
};

// n requests share a total rate of mu(n, capacity) a second equally.
class SharedStation : public Station {
 public:
  using Mu = std::function<double(double n, double capacity)>;
  // Above `enter` in the station the rate collapses to `factor`, until no more than `leave` are
  // left.
  struct Convoy {
    double enter = 1e18, leave = 0, factor = 1;
  };
  SharedStation(Mu mu, Work work, std::uint64_t seed) : SharedStation(mu, work, seed, Convoy()) {}
  SharedStation(Mu mu, Work work, std::uint64_t seed, Convoy convoy);

  void start(RequestId id, TimePoint now) override;
  std::optional<TimePoint> next_departure() const override;
  RequestId finish(TimePoint now) override;
  void set_speed(double factor, TimePoint now) override;
  void set_capacity(double factor, TimePoint now) override;

 private:
  struct Job {
    double due;  // in attained work a job
    RequestId id;
    bool operator>(const Job& other) const { return due > other.due; }
  };
  double rate_per_job() const;
  void advance(TimePoint now);
  void note_convoy();

  Mu mu_;
  Work work_;
  Convoy convoy_;
  bool in_convoy_ = false;
  double speed_ = 1, capacity_ = 1;
  Random random_;
  TimePoint now_{};
  double attained_ = 0;  // work that a job present from the start would have got
  std::priority_queue<Job, std::vector<Job>, std::greater<>> jobs_;
};

// The disk that gives the document's table: 100/400/600/700/720/720 a second at 1..64.
double disk_mu(double n);

// Parallel servers that take whoever came first.
class ServerStation : public Station {
 public:
  ServerStation(double servers, Duration mean_service, Work work, std::uint64_t seed);

  void start(RequestId id, TimePoint now) override;
  std::optional<TimePoint> next_departure() const override;
  RequestId finish(TimePoint now) override;
  void set_speed(double factor, TimePoint now) override;
  void set_capacity(double factor, TimePoint now) override;

 private:
  struct Job {
    double due;  // on the clock of work
    RequestId id;
    bool operator>(const Job& other) const { return due > other.due; }
  };
  void advance(TimePoint now);
  void serve();

  double servers_, capacity_ = 1, speed_ = 1;
  double mean_service_;  // seconds
  Work work_;
  Random random_;
  TimePoint now_{};
  double worked_ = 0;  // seconds of work since the start
  std::deque<RequestId> waiting_;
  std::priority_queue<Job, std::vector<Job>, std::greater<>> running_;
};

}  // namespace sweetspot::simulation
