#include "loadgen/compare/difference.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::loadgen {
namespace {

constexpr double two_sided = 1.96;   // 95 %
constexpr double unknown = 0.1;      // relative error of a rate that says nothing of itself
constexpr double resolution = 0.01;  // of the histogram

Difference settled(Difference difference, bool more_is_better, double tolerance) {
  difference.is_certain = difference.low > 0 || difference.high < 0;
  const double worse = more_is_better ? -difference.change : difference.change;
  difference.is_regression = difference.is_certain && worse > tolerance;
  return difference;
}

// From the ratio's logarithm and its 95 % half-width.
Difference ratio(std::string figure, double before, double after, double half_width) {
  const double log_ratio = std::log(after / before);
  return {.figure = std::move(figure),
          .before = before,
          .after = after,
          .change = std::expm1(log_ratio),
          .low = std::expm1(log_ratio - half_width),
          .high = std::expm1(log_ratio + half_width)};
}

double log_half_width(const tuner::Histogram& histogram, double q, double sigmas) {
  const auto [low, high] = histogram.quantile_interval(q, sigmas);
  return std::max(std::log(tuner::seconds(high) / tuner::seconds(low)) / 2, resolution);
}

void add_quantile(std::vector<Difference>& found, const char* name, double q,
                  double Scatter::*sigmas, const RunResult& before, const RunResult& after,
                  double tolerance) {
  const auto one = before.outcome.tally.successes(), other = after.outcome.tally.successes();
  if (one.empty() || other.empty()) return;
  const double width = std::hypot(log_half_width(one, q, before.scatter.*sigmas),
                                  log_half_width(other, q, after.scatter.*sigmas));
  found.push_back(settled(
      ratio(name, tuner::seconds(one.quantile(q)), tuner::seconds(other.quantile(q)), width), false,
      tolerance));
}

void add_errors(std::vector<Difference>& found, const Summary& before, const Summary& after,
                double tolerance) {
  if (attempts_of(before) == 0 || attempts_of(after) == 0) return;
  const auto share = [](const Summary& s) {
    return static_cast<double>(failures_of(s)) / static_cast<double>(attempts_of(s));
  };
  const auto variance = [&share](const Summary& s) {
    return share(s) * (1 - share(s)) / static_cast<double>(attempts_of(s));
  };
  const double change = share(after) - share(before);
  const double width = two_sided * std::sqrt(variance(before) + variance(after));
  found.push_back(
      settled({"errors", share(before), share(after), change, change - width, change + width},
              false, tolerance));
}

}  // namespace

std::vector<Difference> compare(const RunResult& before, const RunResult& after, double tolerance) {
  std::vector<Difference> found;
  const Summary one = summarize(before.outcome), other = summarize(after.outcome);
  if (one.throughput > 0 && other.throughput <= 0) {  // of nothing there is no ratio's logarithm
    found.push_back(settled({"throughput", one.throughput, 0, -1, -1, -1}, true, tolerance));
  } else if (one.throughput > 0) {
    const double width =
        std::hypot(before.relative_ci.value_or(unknown), after.relative_ci.value_or(unknown));
    found.push_back(
        settled(ratio("throughput", one.throughput, other.throughput, width), true, tolerance));
  }
  add_quantile(found, "p50", 0.5, &Scatter::p50, before, after, tolerance);
  add_quantile(found, "p90", 0.9, &Scatter::p90, before, after, tolerance);
  add_quantile(found, "p99", 0.99, &Scatter::p99, before, after, tolerance);
  add_errors(found, one, other, tolerance);
  return found;
}

std::vector<Mismatch> mismatches(const RunResult& before, const RunResult& after) {
  std::vector<Mismatch> found;
  for (const auto& [name, words] : before.asked) {
    const auto same = std::find_if(after.asked.begin(), after.asked.end(),
                                   [&](const auto& other) { return other.first == name; });
    if (same != after.asked.end() && same->second != words)
      found.push_back({name, words, same->second});
  }
  const auto end_of = [](const RunResult& run) {
    return run.outcome.interrupted ? "interrupted" : "as asked";
  };
  if (before.outcome.interrupted != after.outcome.interrupted)
    found.push_back({"end", end_of(before), end_of(after)});
  return found;
}

}  // namespace sweetspot::loadgen
