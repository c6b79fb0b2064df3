#include "tuner/sentence.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace sweetspot::tuner {

namespace {

constexpr int most_digits = 4;

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

std::string number(double value, int decimals) { return format("%.*f", decimals, value); }

int usual_decimals(double value) {
  return value >= 9.95 || value == 0 ? 0 : value >= 0.995 ? 1 : 2;
}

std::string number(double value) { return number(value, usual_decimals(value)); }

// As many as usual, and more where only they tell the two apart.
int decimals_beside(double value, double other, int usual) {
  const double larger = std::max(std::abs(value), std::abs(other));
  int before_the_point = 0;
  for (double rest = larger; rest >= 1; rest /= 10) ++before_the_point;
  for (int decimals = usual; before_the_point + decimals <= most_digits; ++decimals)
    if (number(value, decimals) != number(other, decimals)) return decimals;
  return usual;
}

bool is_in_milliseconds(Duration d) { return d < std::chrono::seconds(1); }

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
  return is_in_milliseconds(d) ? number(milliseconds(d)) + " ms" : number(seconds(d)) + " s";
}

std::string words(Duration d, Duration beside) {
  if (words(d) != words(beside)) return words(d);
  const auto apart = [](double value, double other) {
    return number(value, decimals_beside(value, other, usual_decimals(value)));
  };
  return is_in_milliseconds(d) ? apart(milliseconds(d), milliseconds(beside)) + " ms"
                               : apart(seconds(d), seconds(beside)) + " s";
}

std::string share_words(double share, double beside) {
  return number(100 * share, decimals_beside(100 * share, 100 * beside, 0)) + " %";
}

std::string elasticity_words(double elasticity, double e_star) {
  const int decimals = decimals_beside(elasticity, e_star, 2);
  const std::string left = number(elasticity, decimals), right = number(e_star, decimals);
  const char* how = left == right ? " ≈ " : elasticity > e_star ? " > " : " < ";
  return left + how + right;
}

std::string percent(double share) { return format("%+.0f %%", share * 100); }

std::string comparison_words(const ComparisonWords& c) {
  const double elasticity = c.growth > 0 ? c.gain / c.growth : 0;
  return step_words(c.lo_limit, c.hi_limit) + " brought " + percent(std::expm1(c.gain)) +
         " throughput for " + percent(std::expm1(c.growth)) + " in flight (elasticity " +
         elasticity_words(elasticity, c.e_star) +
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
