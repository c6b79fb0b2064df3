#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/simulation/simulation.hpp"

// A backend that is gone for a while, whenever it happens: what it says of the limit is nothing, so
// goodput is back as soon as the backend is.
namespace sweetspot::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Eight servers of 20 ms behind as many connections as clients: 400 a second.
Scenario scenario(Event::What what, Duration at, Duration lasts) {
  Scenario s;
  s.backend.parallelism = 8;
  s.backend.service = milliseconds(20);
  s.traffic.clients = 12;
  s.queue_size = 64;
  s.queue_timeout = seconds(1);
  s.events = {{.what = what, .at = at, .value = 1}, {.what = what, .at = at + lasts, .value = 0}};
  return s;
}

std::string told(const Simulation& simulation) {
  std::string text;
  for (const tuner::Verdict& v : simulation.story().verdicts) {
    text += std::to_string(tuner::seconds(v.at.time_since_epoch())) + " " +
            std::string(to_string(v.reason)) + ": " + v.sentence + "\n";
  }
  return text;
}

class Fault : public testing::TestWithParam<Event::What> {};

// The best half second of the first two and a half after the fault, in answers.
std::uint64_t recovered(Simulation& simulation) {
  std::uint64_t best = 0;
  for (int i = 0; i < 5; ++i) {
    simulation.reset_sums();
    simulation.run(milliseconds(500));
    best = std::max(best, simulation.sums().successes);
  }
  return best;
}

TEST_P(Fault, of_a_second_is_over_two_seconds_later_whenever_it_comes) {
  constexpr Duration lasts = seconds(1);
  for (Duration at = milliseconds(200); at < seconds(12); at += milliseconds(170)) {
    const auto seed = static_cast<std::uint64_t>(at.count());
    Simulation s(scenario(GetParam(), at, lasts),
                 {.objective = tuner::Objective::throughput, .initial = 8, .max = 64}, seed);
    s.run(at + lasts);
    const auto best = recovered(s);
    s.run(seconds(10));
    SCOPED_TRACE("fault at " + std::to_string(tuner::seconds(at)) + " s\n" + told(s));
    EXPECT_GE(static_cast<double>(best), 0.95 * 400 / 2);
    EXPECT_GE(s.tuner().held_limit(), 8);
    EXPECT_LE(s.tuner().held_limit(), 16);
  }
}

INSTANTIATE_TEST_SUITE_P(, Fault, testing::Values(Event::What::outage, Event::What::stall),
                         [](const auto& named) {
                           return named.param == Event::What::outage ? "outage" : "stall";
                         });

}  // namespace
}  // namespace sweetspot::simulation
