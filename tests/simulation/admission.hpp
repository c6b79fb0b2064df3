#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "tests/simulation/backend.hpp"
#include "tuner/window.hpp"

namespace sweetspot::simulation {

// A limiter with a bounded first-come queue that integrates what a tuner's window needs.
class Admission {
 public:
  Admission(int limit, std::size_t queue_size, Duration queue_timeout);

  struct Grant {
    RequestId id;
    std::uint64_t epoch;
  };
  enum class Answer { granted, queued, shed };

  Answer arrive(RequestId id, TimePoint now);
  void release(TimePoint now);
  std::optional<Grant> grant_next(TimePoint now);     // a waiter, where a permit is free
  std::optional<RequestId> expire_next(TimePoint now);  // a waiter past its timeout
  std::optional<TimePoint> next_expiry() const;
  void set_limit(int limit, TimePoint now);
  void count(bool success, Duration latency, bool in_epoch);

  tuner::Window take(TimePoint now);  // what was seen since the last call
  int limit() const { return limit_; }
  int in_flight() const { return in_flight_; }
  std::uint64_t epoch() const { return epoch_; }

 private:
  struct Waiter {
    RequestId id;
    TimePoint since;
  };
  void integrate(TimePoint now);
  void note_fill(TimePoint now);

  int limit_, in_flight_ = 0;
  std::uint64_t epoch_ = 1;
  std::size_t queue_size_;
  Duration queue_timeout_;
  std::deque<Waiter> queue_;
  TimePoint now_{}, taken_{};
  tuner::Window window_;
};

}  // namespace sweetspot::simulation
