#pragma once

#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "tuner/tuner.hpp"

namespace sweetspot::tuner {

// A world without chance: what a limit brings is a function of the limit and nothing else.
struct World {
  std::function<double(int)> rate = [](int limit) { return 100.0 * limit; };  // capacity, a second
  double demand = 1e9;  // requests a second; the limit binds where it exceeds the capacity
  double failures = 0;  // share of the answers
  double shed = 0;      // share of the requests
  double queue_fill = 0;
  double slow = 1;                                // p99 over the median
  std::function<double(int)> shed_at = {};        // overrides `shed`
  std::function<double(int)> in_flight_at = {};   // overrides what Little's law says
  std::function<double(int)> queue_fill_at = {};  // overrides `queue_fill`
  std::function<double(int)> failures_at = {};    // overrides `failures`
  std::function<double(int)> slow_at = {};        // overrides `slow`

  double left_over = 0, failed_left_over = 0, shed_left_over = 0,
         slow_left_over = 0;  // fractions, carried on

  Window window(int limit, std::uint64_t epoch, Duration span);
};

// The document's disk: 100/400/600/700/720/720 a second at 1/4/8/16/32/64.
double disk_rate(int limit);

// Drives a tuner through a world, tick by tick.
class Drive {
 public:
  Drive(Settings settings, World of) : world(std::move(of)), tuner(settings, TimePoint{}) {}

  void run(Duration span);
  // Until a verdict with this reason was made; false where it was not within the span.
  bool until(Reason reason, Duration span = std::chrono::seconds(60));
  bool until(State state, Duration span = std::chrono::seconds(60));
  const Verdict* find(Reason reason) const;  // the last one with it

  World world;
  Tuner tuner;
  TimePoint now{};
  std::vector<Verdict> verdicts;
  std::set<State> states;
  int largest_limit = 0;

 private:
  void tick();

  std::uint64_t epoch_ = 1;
  Duration next_ = std::chrono::milliseconds(5);
};

}  // namespace sweetspot::tuner
