#include "tuner/sentence.hpp"

#include <cmath>
#include <cstdio>

namespace sweetspot::tuner {

namespace {

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

std::string number(double value) {
  return value >= 9.95 || value == 0 ? format("%.0f", value)
         : value >= 0.995            ? format("%.1f", value)
                                     : format("%.2f", value);
}

std::string step_words(int lo, int hi) {
  const char* how = hi == 2 * lo ? "doubling" : hi == 4 * lo ? "quadrupling" : "going";
  return format("%s from %d to %d", how, lo, hi);
}

std::string p99_words(Duration lo, Duration hi) {
  if (lo <= Duration::zero() || hi <= Duration::zero()) return {};
  return ", p99 " + number(milliseconds(lo)) + " → " + number(milliseconds(hi)) + " ms";
}

}  // namespace

std::string words(Duration d) {
  return d < std::chrono::seconds(1) ? number(milliseconds(d)) + " ms" : number(seconds(d)) + " s";
}

std::string percent(double share) { return format("%+.0f %%", share * 100); }

std::string comparison_words(const ComparisonWords& c) {
  const double elasticity = c.growth > 0 ? c.gain / c.growth : 0;
  return step_words(c.lo_limit, c.hi_limit) + " brought " + percent(std::expm1(c.gain)) +
         " throughput for " + percent(std::expm1(c.growth)) + " in flight (elasticity " +
         format("%.2f %s %.2f", elasticity, elasticity > c.e_star ? ">" : "<", c.e_star) +
         (c.half_step ? ", what a half step must bring)" : ")") + p99_words(c.lo_p99, c.hi_p99);
}

std::string move_words(int from, int to) {
  return from == to ? format("stay at %d: ", to) : format("%d → %d: ", from, to);
}

std::string order_words(const std::string& done, const std::string& why) {
  return why.empty() ? done + " by an operator" : done + ": " + why;
}

std::string share_words(double share) { return format("%.0f %%", share * 100); }

std::string count_words(double value) { return number(value); }

std::string in_flight_words(const Arm& lo, const Arm& hi) {
  return " (in flight " + number(lo.in_flight) + format(" at %d, ", lo.limit) +
         number(hi.in_flight) + format(" at %d), so nothing can be learnt", hi.limit);
}

}  // namespace sweetspot::tuner
