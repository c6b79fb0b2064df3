#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/simulation/simulation.hpp"

// A world that changes, and one that seems to: how soon the limit follows, and that it does not.
namespace sweetspot::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int seeds = 9;

// Seconds after `at` until the held limit lies within the bounds; 1000 where it never does.
double found_after(const Scenario& scenario, int least, int most, Duration at, std::uint64_t seed) {
  Simulation simulation(scenario, {.objective = scenario.objective, .initial = scenario.start},
                        seed);
  simulation.run(scenario.span);
  for (Duration t = at; t < scenario.span; t += milliseconds(20)) {
    const int held = simulation.story().held_at(tuner::TimePoint(t));
    if (held >= least && held <= most) return tuner::seconds(t - at);
  }
  return 1000;
}

std::vector<double> sorted_times(const Scenario& scenario, int least, int most, Duration at,
                                 std::uint64_t runs = seeds) {
  std::vector<double> times;
  for (std::uint64_t seed = 1; seed <= runs; ++seed)
    times.push_back(found_after(scenario, least, most, at, seed));
  std::sort(times.begin(), times.end());
  return times;
}

TEST(Change, of_a_capacity_that_grew_sixteenfold_is_found_while_nearly_all_is_shed) {
  Scenario s;
  s.backend.parallelism = 4;
  s.backend.distribution = Distribution::exponential;
  s.traffic.load = 24;
  s.span = seconds(60);
  s.events = {{.what = Event::What::capacity, .at = seconds(30), .value = 16}};
  const auto times = sorted_times(s, 32, 128, seconds(30));
  EXPECT_LE(times[seeds / 2], 7);
  EXPECT_LE(times.back(), 12);
}

TEST(Change, of_a_latency_that_went_away_is_found_though_throughput_says_nothing) {
  Scenario s;
  s.backend.distribution = Distribution::exponential;
  s.span = seconds(90);
  s.events = {{.what = Event::What::latency, .at = seconds(30), .value = 50},
              {.what = Event::What::latency, .at = seconds(60), .value = 0}};
  constexpr int runs = 27;  // it takes 2 to 5 s or 9, by where in its interval the probe stands
  const auto times = sorted_times(s, 8, 32, seconds(60), runs);
  EXPECT_LE(times[runs / 2], 8);
  EXPECT_LE(times.back(), 20);
}

// A host whose capacity wanders by 15 % within the seconds that a comparison takes.
TEST(Change, that_is_a_noisy_hosts_does_not_lead_upwards) {
  int beyond = 0;
  for (const double over : {0.2, 1.0}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Scenario s;
      s.backend.kind = BackendKind::disk;
      s.backend.wander = 0.15;
      s.backend.wander_over = tuner::from_seconds(over);
      s.traffic.clients = 1000;
      s.queue_size = 2000;
      s.queue_timeout = seconds(10);
      Simulation simulation(s, {.objective = tuner::Objective::throughput, .initial = 8}, seed);
      simulation.run(seconds(60));
      beyond += simulation.tuner().held_limit() >= 32 ? 1 : 0;
    }
  }
  EXPECT_LE(beyond, 2);
}

}  // namespace
}  // namespace sweetspot::simulation
