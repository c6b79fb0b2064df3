#pragma once

#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "tests/simulation/admission.hpp"
#include "tests/simulation/backend.hpp"
#include "tuner/tuner.hpp"

namespace sweetspot::simulation {

// Who asks: `clients` that each wait for their answer, or arrivals at `rate` a second (Poisson).
struct Load {
  int clients = 0;
  double rate = 0;
};

struct Scenario {
  Load load;
  tuner::Settings tuner;
  std::size_t queue_size = 2000;
  Duration queue_timeout = std::chrono::seconds(10);
  std::uint64_t seed = 1;
  bool tuned = true;  // else the limit stays at tuner.initial
};

// Discrete events in virtual time around the production Tuner: arrivals, admission, a backend, and
// ticks that come as late as a real host's do.
class Simulation {
 public:
  Simulation(const Scenario& scenario, SharedBackend backend);

  void run(Duration span);
  void set_rate(double rate) { scenario_.load.rate = rate; }
  SharedBackend& backend() { return backend_; }

  const tuner::Tuner& tuner() const { return tuner_; }
  TimePoint now() const { return now_; }
  const std::vector<tuner::Verdict>& verdicts() const { return verdicts_; }
  std::optional<TimePoint> first_hold() const { return first_hold_; }
  int largest_limit() const { return largest_limit_; }

  // Sums since the last reset; latency is permit grant to answer.
  struct Sums {
    std::uint64_t successes = 0, shed = 0, away = 0;  // away: granted at another than the held limit
    tuner::Histogram latency, latency_at_held;
  };
  const Sums& sums() const { return sums_; }
  void reset_sums() { sums_ = Sums(); }

 private:
  enum class Kind { arrival, tick };
  struct Event {
    TimePoint at;
    std::uint64_t order;
    Kind kind;
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Request {
    TimePoint granted_at{};
    std::uint64_t epoch = 0;
    bool away = false;
  };

  void schedule(TimePoint at, Kind kind);
  void arrive();
  void grant(RequestId id, std::uint64_t epoch);
  void grant_waiters();
  void depart();
  void gone(bool shed);
  void tick();
  Duration lateness();

  Scenario scenario_;
  TimePoint now_{};
  SharedBackend backend_;
  Admission admission_;
  tuner::Tuner tuner_;
  Random random_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  RequestId last_id_ = 0;
  std::unordered_map<RequestId, Request> running_;
  std::vector<tuner::Verdict> verdicts_;
  std::optional<TimePoint> first_hold_;
  int largest_limit_;
  Sums sums_;
};

}  // namespace sweetspot::simulation
