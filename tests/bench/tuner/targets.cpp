#include <cstdio>

#include "tests/bench/tuner/report.hpp"

namespace sweetspot::bench {

namespace {

constexpr double worst_goodput = 0.85;
constexpr double better = 1.02;  // in goodput and in p99: another algorithm must not be

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

class Check {
 public:
  explicit Check(std::string name) : name_(std::move(name)) {}

  void at_least(const std::string& what, double target, double measured) {
    if (measured < target) miss(what, ">=" + number(target), measured);
  }
  void at_most(const std::string& what, double target, double measured) {
    if (measured > target) miss(what, "<=" + number(target), measured);
  }
  void miss(const std::string& what, const std::string& target, double measured) {
    misses_.push_back(name_ + "/" + what + " " + target + " " + number(measured));
  }
  std::vector<std::string> take() { return std::move(misses_); }

 private:
  std::string name_;
  std::vector<std::string> misses_;
};

}  // namespace

std::vector<std::string> missed(const Result& result) {
  const auto& t = result.scenario.targets;
  const Played& ours = result.played.front();
  const Summary& sum = ours.summary;
  Check check(result.scenario.name);
  if (t.goodput) check.at_least("goodput", *t.goodput, sum.median.goodput);
  if (t.p99) check.at_most("p99", *t.p99, sum.median.p99);
  if (t.converges)
    check.at_most("converges_s", tuner::seconds(*t.converges), sum.median.settled.at(0));
  for (std::size_t i = 0; i < t.recovers.size() && i + 1 < sum.median.settled.size(); ++i) {
    check.at_most("recovers_s_" + std::to_string(i + 1), tuner::seconds(t.recovers[i]),
                  sum.median.settled[i + 1]);
  }
  if (t.phase_goodput) check.at_least("phase_goodput", *t.phase_goodput, sum.median.phase_goodput);
  if (t.held_min || t.held_max) check.at_least("seeds_within", 0.95, sum.within);
  if (t.never_settles) check.at_most("settled_limit", *t.never_settles - 1, sum.largest_late);
  if (t.largest) check.at_most("largest_limit", *t.largest, sum.largest);
  if (t.no_probe_sheds) check.at_most("shed_by_probe", 0, static_cast<double>(sum.shed_by_probe));
  check.at_least("worst_goodput", worst_goodput, sum.worst);
  for (std::size_t i = 1; i < result.played.size(); ++i) {
    const Score& other = result.played[i].summary.median;
    if (other.goodput > better * sum.median.goodput && other.p99 * better < sum.median.p99) {
      check.miss("better_is_" + result.played[i].algorithm, "<=" + number(better),
                 other.goodput / sum.median.goodput);
    }
  }
  return check.take();
}

}  // namespace sweetspot::bench
