#include "tests/bench/tuner/ticks.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "tests/tuner/world.hpp"

namespace sweetspot::bench {

namespace {

using tuner::Duration;
using tuner::TimePoint;

constexpr int rounds = 9;
constexpr double most_of_a_core = 0.01;

struct Cost {
  double ns = 0;        // a tick, median of the rounds
  double a_second = 0;  // ticks, as the tuner asks for them
};

// Ticks of a tuner in the world of the document's disk; `again` begins a search whenever one ended.
Cost cost(bool again) {
  constexpr int ticks = 20'000;
  std::vector<double> costs;
  Cost cost;
  for (int round = 0; round < rounds; ++round) {
    tuner::World world{.rate = tuner::disk_rate, .demand = 1e9};
    TimePoint now{};
    tuner::Tuner tuner({.objective = tuner::Objective::throughput, .initial = 8}, now);
    std::uint64_t epoch = 1;
    Duration next = std::chrono::milliseconds(5), spent{}, span{};
    for (int i = -2000; i < ticks; ++i) {
      const int limit = tuner.limit();
      const auto window = world.window(limit, epoch, next);
      now += next;
      const auto begin = std::chrono::steady_clock::now();
      const auto step = tuner.step(window, now);
      const auto end = std::chrono::steady_clock::now();
      if (i >= 0) spent += end - begin, span += next;
      if (step.limit != limit) ++epoch;
      next = step.next_tick;
      if (again && tuner.state() == tuner::State::hold) tuner.retune(now);
    }
    costs.push_back(static_cast<double>(spent.count()) / ticks);
    cost.a_second = ticks / tuner::seconds(span);
  }
  std::nth_element(costs.begin(), costs.begin() + rounds / 2, costs.end());
  cost.ns = costs[rounds / 2];
  return cost;
}

}  // namespace

std::vector<std::string> examine_ticks(std::ostream& out) {
  std::vector<std::string> misses;
  out << "\na tick of the tuner (its windows made beforehand)\n";
  for (const bool measures : {true, false}) {
    const Cost c = cost(measures);
    const double share = c.ns * c.a_second * 1e-9;
    char line[120];
    std::snprintf(line, sizeof line, "  %-16s %8.0f ns, %4.0f a second: %.4f %% of a core\n",
                  measures ? "while it measures" : "in hold", c.ns, c.a_second, 100 * share);
    out << line;
    if (share <= most_of_a_core) continue;
    std::snprintf(line, sizeof line, "tick/share_of_a_core <=%g %.4f", most_of_a_core, share);
    misses.emplace_back(line);
  }
  return misses;
}

}  // namespace sweetspot::bench
