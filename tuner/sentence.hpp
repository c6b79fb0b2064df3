#pragma once

#include <string>

#include "tuner/time.hpp"
#include "tuner/verdict.hpp"

namespace sweetspot::tuner {

// The plain sentences that verdicts carry. Kept apart from the decisions they describe.

std::string words(Duration d);  // "15 ms", "2.5 s"

// The same of what a sentence compares with another: with as many digits as tell the two apart, but
// not more than four.
std::string words(Duration d, Duration beside);  // "200.3 ms" beside 200 ms
std::string share_words(double share, double beside);
std::string elasticity_words(double elasticity, double e_star);  // "0.22 < 0.40"

std::string percent(double share);  // "+17 %", of a signed share

struct ComparisonWords {
  int lo_limit = 0, hi_limit = 0;
  double gain = 0;    // d ln X
  double growth = 0;  // d ln N
  double e_star = 0;
  bool half_step = false;  // e_star is not the objective's, but what it asks of a half step
  Duration lo_p99{}, hi_p99{};
};

// "doubling from 8 to 16 brought +17 % throughput for +100 % in flight (elasticity 0.22 < 0.40),
// p99 15 -> 30 ms"
std::string comparison_words(const ComparisonWords& c);

// "16 → 8: " where the limit moved, "stay at 8: " where it did not.
std::string move_words(int from, int to);

// "paused by an operator", or "paused: the sidecar drains" where `why` says so.
std::string order_words(const std::string& done, const std::string& why);

std::string share_words(double share);  // "17 %"
std::string count_words(double value);  // "700", "3.2"

// " (in flight 3.1 at 8, 3.1 at 16), so nothing can be learnt"
std::string in_flight_words(const Arm& lo, const Arm& hi);

}  // namespace sweetspot::tuner
