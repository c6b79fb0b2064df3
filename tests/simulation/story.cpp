#include "tests/simulation/story.hpp"

#include <algorithm>
#include <iterator>

namespace sweetspot::simulation {

void Sums::merge(const Sums& other) {
  offered += other.offered;
  good += other.good;
  successes += other.successes;
  failures += other.failures;
  shed += other.shed;
  away += other.away;
  shed_by_probe += other.shed_by_probe;
  latency.merge(other.latency);
  latency_at_held.merge(other.latency_at_held);
  for (const auto& [n, count] : other.shed_at) shed_at[n] += count;
  for (const auto& [n, count] : other.granted_at) granted_at[n] += count;
}

int Story::held_at(tuner::TimePoint at) const {
  const auto after = std::upper_bound(limits.begin(), limits.end(), at,
                                      [](tuner::TimePoint t, const Point& p) { return t < p.at; });
  return after == limits.begin() ? 0 : std::prev(after)->held;
}

}  // namespace sweetspot::simulation
