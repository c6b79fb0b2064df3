#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "loadgen/engine/profile.hpp"
#include "tuner/time.hpp"

namespace sweetspot::engine {

using tuner::TimePoint;

// How the intended times of an open loop lie: at equal distances, or as if a great many strangers
// came (a Poisson process), whose bunches a queue feels more.
enum class Pattern { uniform, poisson };

struct OpenLoop {
  Profile rate = 1;  // requests a second
  TimePoint start{};
  double turn = 0;  // 0..1: the first is due once this part of a request has gathered
  Pattern pattern = Pattern::uniform;
  std::uint64_t seed = 1;               // of the Poisson process
  Duration catch_up = Duration::max();  // what is overdue by more is not sent any more
};

// When requests are meant to be sent, and how many. Pure: the time comes from outside.
// Closed loop: whenever a client is free. Open loop: whatever the server does, so that the wait of
// a request that could not be sent in time is part of its latency.
class Arrivals {
 public:
  static Arrivals closed(std::optional<std::uint64_t> requests);
  static Arrivals open(const OpenLoop& loop, std::optional<std::uint64_t> requests);

  // Moves all intended times of an open loop, of which none was taken yet.
  void start_at(TimePoint start);

  // The intended time of the next request where it is due by `now`; the request counts as taken.
  std::optional<TimePoint> take(TimePoint now);

  // When the next is due. Nothing for a closed loop and when all were taken.
  std::optional<TimePoint> next() const;

  // Whether all requests were taken.
  bool exhausted() const { return left_ == std::uint64_t{0}; }

  // Those due by `now` and not taken.
  std::uint64_t overdue(TimePoint now) const;

  // Those given up since they were overdue by more than the catch-up.
  std::uint64_t dropped() const { return dropped_; }

 private:
  void advance();
  void aim();

  std::optional<std::uint64_t> left_;
  std::optional<OpenLoop> loop_;
  std::mt19937_64 random_;
  TimePoint next_{};
  double gathered_ = 0;  // the integral of the rate at which the next is due
  std::uint64_t dropped_ = 0;
};

}  // namespace sweetspot::engine
