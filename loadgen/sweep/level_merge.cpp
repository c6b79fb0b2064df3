#include "loadgen/sweep/level_merge.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sweetspot::loadgen {
namespace {

// 97.5 % of Student's t by degrees of freedom, from 1.
double student_t(std::size_t freedom) {
  constexpr std::array values{12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};
  return freedom <= values.size() ? values[freedom - 1] : 2.0;
}

template <class Value>
double mean_of(const std::vector<Level>& repeats, Value value) {
  double sum = 0;
  for (const Level& level : repeats) sum += value(level);
  return sum / static_cast<double>(repeats.size());
}

template <class Value>
Duration mean_time(const std::vector<Level>& repeats, Value value) {
  return tuner::from_seconds(
      mean_of(repeats, [&](const Level& l) { return tuner::seconds(value(l)); }));
}

std::optional<double> relative_ci(const std::vector<Level>& repeats, double throughput) {
  const auto count = static_cast<double>(repeats.size());
  double squares = 0, scatter = 0;
  for (const Level& level : repeats) {
    if (!level.relative_ci) return {};
    squares += *level.relative_ci * *level.relative_ci;
    const double off = throughput > 0 ? level.throughput / throughput - 1 : 0;
    scatter += off * off;
  }
  const double own = std::sqrt(squares) / count;
  const double between = student_t(repeats.size() - 1) * std::sqrt(scatter / (count - 1) / count);
  return std::max(own, between);
}

void merge_target(Level& level, const std::vector<Level>& repeats) {
  if (!level.target) return;
  level.target->cpu = mean_of(repeats, [](const Level& l) { return l.target ? l.target->cpu : 0; });
  level.target->switches_per_request = mean_of(
      repeats, [](const Level& l) { return l.target ? l.target->switches_per_request : 0; });
  for (const Level& each : repeats) {
    if (!each.target) continue;
    level.target->threads = std::max(level.target->threads, each.target->threads);
    level.target->resident_bytes =
        std::max(level.target->resident_bytes, each.target->resident_bytes);
  }
  level.threads = level.target->threads;
}

}  // namespace

Level merged(const std::vector<Level>& repeats) {
  Level level = repeats.front();
  if (repeats.size() == 1) return level;
  for (auto other = repeats.begin() + 1; other != repeats.end(); ++other) {
    level.latency.merge(other->latency);
    level.requests += other->requests;
    level.failures += other->failures;
    level.connections = std::min(level.connections, other->connections);
    if (level.invalid.empty()) level.invalid = other->invalid;
  }
  level.valid = level.invalid.empty();
  level.throughput = mean_of(repeats, [](const Level& l) { return l.throughput; });
  level.in_flight_ratio = mean_of(repeats, [](const Level& l) { return l.in_flight_ratio; });
  level.client_cpu = mean_of(repeats, [](const Level& l) { return l.client_cpu; });
  level.mean = mean_time(repeats, [](const Level& l) { return l.mean; });
  level.p50 = mean_time(repeats, [](const Level& l) { return l.p50; });
  level.p99 = mean_time(repeats, [](const Level& l) { return l.p99; });
  level.relative_ci = relative_ci(repeats, level.throughput);
  merge_target(level, repeats);
  return level;
}

}  // namespace sweetspot::loadgen
