#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "tests/simulation/simulation.hpp"

// The document's disk under the production tuner, in virtual time: what it settles on, from where.
namespace sweetspot::simulation {
namespace {

using tuner::Objective;

constexpr int seeds = 10;

Traffic closed(int clients) { return {.clients = clients}; }
Traffic open(double times_capacity) { return {.load = times_capacity}; }

Simulation simulate(Objective objective, int start, Traffic traffic, std::uint64_t seed,
                    Duration span) {
  Scenario scenario;
  scenario.backend.kind = BackendKind::disk;
  scenario.traffic = traffic;
  scenario.queue_size = 2000;
  scenario.queue_timeout = std::chrono::seconds(10);
  Simulation simulation(scenario, {.objective = objective, .initial = start}, seed);
  simulation.run(span);
  return simulation;
}

std::string story(const Simulation& simulation) {
  std::string told;
  for (const tuner::Verdict& v : simulation.story().verdicts) {
    told += std::to_string(tuner::seconds(v.at.time_since_epoch())) + " " +
            std::string(to_string(v.reason)) + ": " + v.sentence + "\n";
  }
  return told;
}

bool is_settled(const Simulation& simulation) {
  const auto state = simulation.tuner().state();
  return state == tuner::State::hold || state == tuner::State::probe;
}

enum class Asking { closed_200, closed_1000, open_overload };
Traffic traffic_of(Asking asking) {
  switch (asking) {
    case Asking::closed_200:
      return closed(200);
    case Asking::closed_1000:
      return closed(1000);
    default:
      return open(1.5);
  }
}

class Start : public testing::TestWithParam<std::tuple<int, Asking>> {
 protected:
  int start() const { return std::get<0>(GetParam()); }
  Traffic traffic() const { return traffic_of(std::get<1>(GetParam())); }
  bool is_power_of_two() const { return (start() & (start() - 1)) == 0; }
};

TEST_P(Start, settles_on_the_balanced_sweet_spot) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto span = std::chrono::seconds(is_power_of_two() ? 20 : 35);
    const Simulation s = simulate(Objective::balanced, start(), traffic(), seed, span);
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + story(s));
    EXPECT_TRUE(is_settled(s));
    EXPECT_GE(s.tuner().held_limit(), is_power_of_two() ? 8 : 6);
    EXPECT_LE(s.tuner().held_limit(), 8);
  }
}

TEST_P(Start, settles_on_the_largest_size_that_still_gains) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto span = std::chrono::seconds(is_power_of_two() ? 20 : 35);
    const Simulation s = simulate(Objective::throughput, start(), traffic(), seed, span);
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + story(s));
    EXPECT_TRUE(is_settled(s));
    EXPECT_GE(s.tuner().held_limit(), 16);
    EXPECT_LE(s.tuner().held_limit(), is_power_of_two() ? 16 : 24);
  }
}

INSTANTIATE_TEST_SUITE_P(, Start,
                         testing::Combine(testing::Values(1, 2, 8, 12, 24, 64),
                                          testing::Values(Asking::closed_200, Asking::closed_1000,
                                                          Asking::open_overload)));

TEST(Hold, stays_where_it_is_and_keeps_its_exploration_within_budget) {
  for (Objective objective : {Objective::balanced, Objective::throughput}) {
    const int knee = objective == Objective::balanced ? 8 : 16;
    Simulation s = simulate(objective, knee, closed(1000), 3, std::chrono::seconds(150));
    s.reset_sums();
    s.run(std::chrono::seconds(240));
    SCOPED_TRACE(story(s));
    EXPECT_EQ(s.tuner().held_limit(), knee);
    const Sums& sums = s.sums();
    EXPECT_LT(static_cast<double>(sums.away), 0.02 * static_cast<double>(sums.successes));
    EXPECT_EQ(sums.shed, 0u);
    EXPECT_LT(tuner::seconds(sums.latency.quantile(0.99)),
              1.1 * tuner::seconds(sums.latency_at_held.quantile(0.99)));
  }
}

TEST(LightLoad, is_never_a_reason_to_climb) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Simulation s =
        simulate(Objective::throughput, 8, open(0.3), seed, std::chrono::seconds(60));
    SCOPED_TRACE(story(s));
    EXPECT_EQ(s.story().largest_limit, 8);
    EXPECT_EQ(s.sums().shed, 0u);
  }
}

// Demand between what the knee serves, 600 a second, and what the disk can, 720: all of it is
// served at 16, and would not be at 8.
Simulation simulate_demand(double asked, int start, std::uint64_t seed, Duration span) {
  Scenario scenario;
  scenario.backend.kind = BackendKind::disk;
  scenario.traffic = open(asked / 720);
  scenario.queue_size = 2000;
  scenario.queue_timeout = std::chrono::seconds(1);
  Simulation s(scenario, {.objective = Objective::balanced, .initial = start}, seed);
  s.run(span);
  return s;
}

TEST(Demand, that_is_all_served_is_no_reason_to_descend) {
  for (const double asked : {620.0, 640.0, 660.0}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Simulation s = simulate_demand(asked, 16, seed, std::chrono::seconds(300));
      SCOPED_TRACE(std::to_string(asked) + "\n" + story(s));
      EXPECT_EQ(s.tuner().held_limit(), 16);
      EXPECT_LT(static_cast<double>(s.sums().shed), 0.001 * static_cast<double>(s.sums().offered));
    }
  }
}

TEST(Demand, that_a_larger_limit_would_serve_is_a_reason_to_climb) {
  for (const double asked : {620.0, 640.0, 660.0}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Simulation s = simulate_demand(asked, 8, seed, std::chrono::seconds(300));
      SCOPED_TRACE(std::to_string(asked) + "\n" + story(s));
      EXPECT_EQ(s.tuner().held_limit(), 16);
      EXPECT_LT(static_cast<double>(s.sums().shed), 0.02 * static_cast<double>(s.sums().offered));
    }
  }
}

TEST(Demand, that_no_limit_can_serve_is_none) {
  for (const double asked : {760.0, 800.0}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Simulation s = simulate_demand(asked, 8, seed, std::chrono::seconds(300));
      SCOPED_TRACE(std::to_string(asked) + "\n" + story(s));
      EXPECT_EQ(s.tuner().held_limit(), 8);
    }
  }
}

TEST(Capacity, that_is_halved_does_not_unsettle_the_knee) {
  Simulation s = simulate(Objective::balanced, 8, closed(200), 5, std::chrono::seconds(20));
  s.backend().set_capacity(0.5, s.now());
  s.run(std::chrono::seconds(30));
  SCOPED_TRACE(story(s));
  EXPECT_EQ(s.tuner().held_limit(), 8);
}

TEST(Simulation, is_the_same_for_the_same_seed) {
  const Simulation a = simulate(Objective::balanced, 64, closed(200), 9, std::chrono::seconds(10));
  const Simulation b = simulate(Objective::balanced, 64, closed(200), 9, std::chrono::seconds(10));
  EXPECT_EQ(story(a), story(b));
}

}  // namespace
}  // namespace sweetspot::simulation
