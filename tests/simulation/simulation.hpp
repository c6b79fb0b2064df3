#pragma once

#include <array>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "service/admission/limiter_core.hpp"
#include "tests/simulation/backend.hpp"
#include "tests/simulation/scenario.hpp"
#include "tests/simulation/story.hpp"
#include "tuner/tuner.hpp"

namespace sweetspot::simulation {

// Discrete events in virtual time around the production Tuner and the core of the production
// limiter with its queue: arrivals, admission, a backend, and ticks that come as late as a real
// host's do. The same scenario, settings and seed give the same story.
class Simulation {
 public:
  // The settings' start size and objective are used, not the scenario's.
  Simulation(const Scenario& scenario, const tuner::Settings& settings, std::uint64_t seed);
  ~Simulation();
  Simulation(Simulation&&) noexcept;

  void run(Duration span);
  Backend& backend() { return backend_; }
  void set_load(double factor) { load_factor_ = factor; }

  const tuner::Tuner& tuner() const { return tuner_; }
  TimePoint now() const { return now_; }
  const Story& story() const { return story_; }

  // Sums since the last reset; latency is permit grant to answer.
  const Sums& sums() const { return sums_; }
  void reset_sums() { sums_ = Sums(); }

 private:
  enum class Kind { arrival, retry, sweep, tick, event, wander };
  struct Timed {
    TimePoint at;
    std::uint64_t order;
    Kind kind;
    std::size_t which = 0;  // of the scenario's events, or the tries of what is retried
    bool operator>(const Timed& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Request;  // a waiter of the limiter

  void schedule(TimePoint at, Kind kind, std::size_t which = 0);
  void schedule_arrival();
  double rate(TimePoint at);
  double most_rate() const;
  void plan_events();
  void happen(const Event& event);
  void wander();

  void arrive(std::size_t tries);
  void grant(Request& request);
  void granted(admission::Waiter* waiter);
  void grant_waiters();
  void answer(Backend::Answer answer);
  void gone(Request& request, bool served);
  void shed(Request& request);
  void sweep();
  void tick();
  tuner::Window take();
  void put_in_force(int limit);
  Duration lateness();
  Request& new_request();

  Scenario scenario_;
  TimePoint now_{};
  Backend backend_;
  admission::LimiterCore limiter_;
  tuner::Tuner tuner_;
  // The same for every tuner that is played with a seed: when whom arrives, how capacity wanders.
  Random world_;
  Random random_;  // what follows from what was answered, and from when the tuner looks
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  std::vector<Event> steps_;  // the scenario's events, gradual ones cut into steps
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<RequestId> free_;

  double load_factor_ = 1;
  bool high_ = false;  // mmpp
  TimePoint switch_at_{};
  double drift_ = 0;  // of the capacity, in standard deviations

  admission::LimiterReading last_;
  tuner::Window window_;  // the counts since the last tick
  Sums sums_;
  Story story_;
};

}  // namespace sweetspot::simulation
