#pragma once

#include <chrono>

namespace sweetspot::tuner {

// The types in which pure code is told the time. Nothing here or in admission's cores reads a
// clock: whoever does I/O reads it and passes `now` on.
using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

constexpr double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
constexpr double milliseconds(Duration d) { return seconds(d) * 1e3; }
constexpr Duration from_seconds(double s) { return Duration(static_cast<Duration::rep>(s * 1e9)); }

}  // namespace sweetspot::tuner
