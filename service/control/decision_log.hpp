#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "tuner/verdict.hpp"

namespace sweetspot::control {

// One verdict of the tuner or of an operator, as published.
struct Decision {
  tuner::Verdict verdict;  // its sequence grows by one with each decision of this process
  std::int64_t unix_time_ms = 0;
  std::string comment;  // an operator's reason; empty where the tuner decided
};

// The last decisions, at most `capacity`, and how many there were for each reason since the start.
// One thread.
class DecisionLog {
 public:
  static constexpr std::size_t capacity = 256;
  static constexpr std::size_t reason_count = static_cast<std::size_t>(tuner::Reason::bounds) + 1;

  const Decision& append(Decision decision);  // gives it its sequence
  const std::deque<Decision>& entries() const { return entries_; }  // oldest first
  std::uint64_t count(tuner::Reason reason) const {
    return counts_[static_cast<std::size_t>(reason)];
  }

 private:
  std::deque<Decision> entries_;
  std::array<std::uint64_t, reason_count> counts_{};
  std::uint64_t sequence_ = 0;
};

}  // namespace sweetspot::control
