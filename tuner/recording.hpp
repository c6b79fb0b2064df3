#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "tuner/tuner.hpp"

namespace sweetspot::tuner {

// The codec of recorded windows. One line a record, fields apart by blanks, numbers exact, so that a
// replay gives the same verdicts:
//   sweetspot-windows 1 ALGORITHM OBJECTIVE E_STAR P99_BOUND INITIAL MIN MAX LATE_AFTER REMEMBERED
//                       EXPLORATION SETTLED_EXPLORATION AT
//   w AT LIMIT EPOCH SPAN SUCCESSES FAILURES ABORTS SHED IN_FLIGHT_SECONDS QUEUED_SECONDS AT_LIMIT
//     QUEUE_FILL [BUCKET:COUNT ...]
//   pin AT LIMIT | retune AT
// Durations and times in nanoseconds; `-` for what is not set.
std::string encode_start(const Settings& settings, TimePoint at);
std::string encode_window(const Window& window, TimePoint at);
std::string encode_pin(int limit, TimePoint at);
std::string encode_retune(TimePoint at);

// Runs a recording through a tuner and hands over each verdict. An error, which names the line, or
// none. A recording that a crash cut short ends at its last whole line.
std::optional<std::string> replay(std::istream& recording,
                                  const std::function<void(const Verdict&)>& take);

// What another objective would have said of a verdict's comparison: none where there was none.
struct SecondOpinion {
  bool larger = false;  // of the two limits, the larger one is worth it
  double e_star = 0;
  double z = 0;
  std::string sentence;
};
std::optional<SecondOpinion> second_opinion(const Verdict& verdict, Objective objective);

}  // namespace sweetspot::tuner
