#pragma once

#include <string>
#include <string_view>

#include "tuner/tuner.hpp"

namespace sweetspot::tuner {

// The codec of recordings: what a tuner was told, and what it said. One line a record, fields apart
// by blanks, numbers exact, so that a replay gives the same verdicts:
//   sweetspot-windows 1 PIECE BEGAN ALGORITHM OBJECTIVE E_STAR P99_BOUND INITIAL MIN MAX LATE_AFTER
//                       REMEMBERED IN_TURNS EXPLORATION SETTLED_EXPLORATION
//   w AT LIMIT EPOCH SPAN SUCCESSES FAILURES ABORTS SHED IN_FLIGHT_SECONDS QUEUED_SECONDS AT_LIMIT
//     QUEUE_FILL [BUCKET:COUNT ...]
//   v AT SEQUENCE FROM TO REASON SENTENCE
//   pin AT LIMIT | unpin AT | retune AT | pause AT [WHY] | resume AT [WHY] | objective AT NAME
//   P99_BOUND bounds AT MIN MAX | turn AT ALLOWED WHY | adopt AT LIMIT SOURCE
// Durations and times in nanoseconds; `-` for what is not set. A recording may be in pieces, each
// of which begins with the header of the first one and its own number, from 1.
inline constexpr std::string_view recording_magic = "sweetspot-windows";
inline constexpr int recording_version = 1;

std::string encode_start(const Settings& settings, TimePoint at, int piece = 1);
std::string encode_window(const Window& window, TimePoint at);
std::string encode_verdict(const Verdict& verdict);
std::string encode_pin(int limit, TimePoint at);
std::string encode_unpin(TimePoint at);
std::string encode_retune(TimePoint at);
std::string encode_pause(TimePoint at, const std::string& why);
std::string encode_resume(TimePoint at, const std::string& why);
std::string encode_objective(Objective objective, std::optional<Duration> p99_bound, TimePoint at);
std::string encode_bounds(int min, int max, TimePoint at);
std::string encode_turn(bool allowed, const std::string& why, TimePoint at);
std::string encode_adopt(int limit, const std::string& source, TimePoint at);

}  // namespace sweetspot::tuner
