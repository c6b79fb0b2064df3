#include "tests/bench/tuner/score.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::bench {

namespace {

constexpr double stays_for = 2;  // seconds within one doubling, to count as arrived
constexpr double never = 1e3;    // seconds

std::vector<double> phase_ends(const Scenario& scenario) {
  std::vector<double> ends;
  const auto starts = scenario.phases();
  for (std::size_t i = 1; i < starts.size(); ++i) ends.push_back(tuner::seconds(starts[i]));
  ends.push_back(tuner::seconds(scenario.span));
  return ends;
}

double settled_after(const Story& story, double from, double to, int best) {
  double since = never;
  const double least = std::floor(best / 2.0), most = 2.0 * best;
  for (double t = from; t < to; t += 0.02) {
    const int held = story.held_at(TimePoint(tuner::from_seconds(t)));
    if (held < least || held > most) {
      since = never;
    } else if (since >= never) {
      since = t;
    } else if (t - since >= stays_for) {
      break;
    }
  }
  return since >= never ? never : since - from;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

}  // namespace

Story play(const Scenario& scenario, const tuner::Settings& settings, std::uint64_t seed) {
  simulation::Simulation simulation(scenario, settings, seed);
  simulation.run(scenario.span);
  return simulation.story();
}

std::vector<int> candidate_limits(const Scenario& scenario) {
  double low = simulation::knee(scenario.backend), high = low;
  double added = 0;
  for (const auto& event : scenario.events) {
    if (event.what == simulation::Event::What::capacity) {
      low = std::min(low, simulation::knee(scenario.backend) * event.value);
      high = std::max(high, simulation::knee(scenario.backend) * event.value);
    }
    if (event.what == simulation::Event::What::latency) added = std::max(added, event.value);
  }
  high *= 1 + added / tuner::milliseconds(scenario.backend.service + scenario.backend.io);
  low *= std::min(1.0, scenario.traffic.load) / 4;
  std::vector<int> limits;
  for (double l = 1; l <= high * 4.1; l *= std::sqrt(2.0)) {
    const int limit = static_cast<int>(std::lround(l));
    if (limit >= low && (limits.empty() || limit > limits.back())) limits.push_back(limit);
  }
  return limits;
}

std::vector<int> best_limits(const Scenario& scenario, const std::vector<int>& candidates,
                             const std::vector<std::vector<Story>>& runs) {
  const double share = scenario.objective == tuner::Objective::balanced ? 0.8 : 0.95;
  std::vector<int> limits;
  for (std::size_t phase = 0; phase < scenario.phases().size(); ++phase) {
    std::vector<double> good(candidates.size(), 0);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      for (const Story& story : runs[i])
        good[i] += static_cast<double>(story.phases.at(phase).good);
    }
    const double best = *std::max_element(good.begin(), good.end());
    std::size_t chosen = 0;
    while (good[chosen] < share * best) ++chosen;
    limits.push_back(candidates[chosen]);
  }
  return limits;
}

Oracle oracle_of(const std::vector<int>& limits, const std::vector<std::vector<Story>>& runs) {
  Oracle oracle{.limits = limits, .good = {}, .p99 = {}};
  tuner::Histogram latency;
  for (const auto& by_phase : runs) {
    std::vector<double>& good = oracle.good.emplace_back();
    for (std::size_t phase = 0; phase < limits.size(); ++phase) {
      const auto& sums = by_phase.at(phase).phases.at(phase);
      good.push_back(static_cast<double>(sums.good));
      latency.merge(sums.latency);
    }
  }
  oracle.p99 = latency.quantile(0.99);
  return oracle;
}

Score score(const Scenario& scenario, const Oracle& oracle, std::size_t seed, const Story& story) {
  const std::vector<double>& good = oracle.good.at(seed);
  Score s;
  simulation::Sums all;
  double best = 0, idle = 0, beyond = 0, granted = 0, start = 0;
  const auto ends = phase_ends(scenario);
  for (std::size_t i = 0; i < oracle.limits.size(); ++i) {
    const auto& phase = story.phases.at(i);
    all.merge(phase);
    best += good[i];
    for (const auto& [n, count] : phase.shed_at)
      idle += n < oracle.limits[i] ? static_cast<double>(count) : 0;
    for (const auto& [n, count] : phase.granted_at) {
      granted += static_cast<double>(count);
      beyond += n > 2 * oracle.limits[i] ? static_cast<double>(count) : 0;
    }
    s.settled.push_back(settled_after(story, start, ends[i], oracle.limits[i]));
    start = ends[i];
  }
  s.goodput = ratio(static_cast<double>(all.good), best);
  s.phase_goodput =
      good.size() < 2 ? s.goodput : ratio(static_cast<double>(story.phases.at(1).good), good[1]);
  const double p99 = tuner::seconds(oracle.p99);
  s.p99 = ratio(tuner::seconds(all.latency.quantile(0.99)), p99);
  s.p99_at_held = ratio(tuner::seconds(all.latency_at_held.quantile(0.99)), p99);
  s.idle_shed = ratio(idle, static_cast<double>(all.offered));
  s.beyond = ratio(beyond, granted);
  for (std::size_t i = 1; i < story.limits.size(); ++i) {
    s.changes += story.limits[i].held != story.limits[i - 1].held ? 1 : 0;
  }
  s.changes *= 60 / tuner::seconds(scenario.span);
  s.held = story.limits.back().held;
  s.largest = story.largest_limit;
  const TimePoint half(scenario.span / 2);
  s.largest_late = story.held_at(half);
  for (const auto& point : story.limits) {
    if (point.at > half) s.largest_late = std::max(s.largest_late, point.held);
  }
  s.shed_by_probe = all.shed_by_probe;
  return s;
}

Summary summarise(const Scenario& scenario, const std::vector<Score>& scores) {
  Summary sum;
  const auto median_of = [&](auto member) {
    std::vector<double> values;
    for (const Score& s : scores) values.push_back(static_cast<double>(s.*member));
    return median(values);
  };
  for (auto member : {&Score::goodput, &Score::phase_goodput, &Score::p99, &Score::p99_at_held,
                      &Score::idle_shed, &Score::beyond, &Score::changes}) {
    sum.median.*member = median_of(member);
  }
  sum.median.held = static_cast<int>(median_of(&Score::held));
  sum.worst = 1e9;
  for (std::size_t i = 0; i < scores.front().settled.size(); ++i) {
    std::vector<double> values;
    for (const Score& s : scores) values.push_back(s.settled[i]);
    sum.median.settled.push_back(median(values));
  }
  const int least = scenario.targets.held_min.value_or(0);
  const int most = scenario.targets.held_max.value_or(1'000'000);
  for (const Score& s : scores) {
    sum.worst = std::min(sum.worst, s.goodput);
    sum.within += s.held >= least && s.held <= most ? 1.0 / static_cast<double>(scores.size()) : 0;
    sum.largest = std::max(sum.largest, s.largest);
    sum.largest_late = std::max(sum.largest_late, s.largest_late);
    sum.shed_by_probe += s.shed_by_probe;
  }
  return sum;
}

}  // namespace sweetspot::bench
