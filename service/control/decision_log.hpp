#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "tuner/verdict.hpp"

namespace sweetspot::control {

// One verdict of the tuner or of an operator, as published.
struct Decision {
  tuner::Verdict verdict;
  std::int64_t unix_time_ms = 0;
  std::string comment;  // an operator's reason; empty where the tuner decided
};

// The last decisions, at most `capacity`, and how many there were for each reason since the start.
// One thread.
class DecisionLog {
 public:
  static constexpr std::size_t capacity = 256;

  const Decision& append(Decision decision);
  const std::deque<Decision>& entries() const { return entries_; }  // oldest first
  std::uint64_t count(tuner::Reason reason) const;

 private:
  std::deque<Decision> entries_;
  std::map<tuner::Reason, std::uint64_t> counts_;
};

}  // namespace sweetspot::control
