#pragma once

#include <cstdint>
#include <optional>

#include "tuner/time.hpp"

namespace sweetspot::engine {

using tuner::Duration;
using tuner::TimePoint;

// When requests are meant to be sent, and how many. Pure: the time comes from outside.
// Closed loop: whenever a client is free. Open loop: at equal distances, whatever the server does,
// so that the wait of a request that could not be sent in time is part of its latency.
class Arrivals {
 public:
  static Arrivals closed(std::optional<std::uint64_t> requests);
  static Arrivals uniform(double rate, TimePoint start, std::optional<std::uint64_t> requests);

  // The intended time of the next request where it is due by `now`; the request counts as taken.
  std::optional<TimePoint> take(TimePoint now);

  // When the next is due. Nothing for a closed loop and when all were taken.
  std::optional<TimePoint> next() const;

  // Whether all requests were taken.
  bool exhausted() const { return left_ == std::uint64_t{0}; }

  // Those due by `now` and not taken.
  std::uint64_t overdue(TimePoint now) const;

 private:
  TimePoint intended(std::uint64_t index) const;

  std::optional<std::uint64_t> left_;
  std::optional<double> rate_;
  TimePoint start_{};
  std::uint64_t taken_ = 0;
};

}  // namespace sweetspot::engine
