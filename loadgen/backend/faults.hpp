#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <string_view>

#include "tuner/time.hpp"

namespace sweetspot::backend {

using tuner::Duration;
using tuner::TimePoint;

// What is wrong with the backend at the moment, on request.
struct FaultSettings {
  Duration latency{};     // added to each request, at equal capacity
  Duration warm_up{};     // over so long the added latency fades to nothing; 0: it stays
  double error_rate = 0;  // 0..1: share of requests answered 500, without doing their work
  double reset_rate = 0;  // 0..1: share of requests whose connection is reset in place of an answer
  Duration stall{};       // once, from now on: no answer leaves before it is over
};

// The faults in force. Any thread may call it.
class Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_(seed) {}

  // Takes the JSON object of `POST /fault`; keys that are absent are cleared. Returns a sentence
  // where it is not valid, and then changes nothing.
  std::string set(std::string_view json);
  std::string to_json() const;

  enum class Fate { serve, error, reset };
  Fate draw_fate();
  bool delay();           // the added latency; false where stopped
  bool wait_out_stall();  // false where stopped
  void stop();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Duration added_latency(TimePoint now) const;

  FaultSettings settings_;
  TimePoint set_at_{};
  TimePoint stalled_until_{};
  std::mt19937_64 random_;
  bool stopped_ = false;
};

}  // namespace sweetspot::backend
