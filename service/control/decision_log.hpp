#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "tuner/verdict.hpp"

namespace sweetspot::control {

// One verdict of the tuner or of an operator, as published.
struct Decision {
  tuner::Verdict verdict{};  // its sequence is the log's
  std::int64_t unix_time_ms = 0;
  std::string comment{};  // an operator's reason; empty where the tuner decided
  std::string who{};      // the operator
  std::string action{};   // the order
};

// The last decisions, at most `capacity`, and how many there were for each reason since the start.
// Numbers them one by one, on from what an earlier run left. One thread.
class DecisionLog {
 public:
  static constexpr std::size_t capacity = 256;

  const Decision& append(Decision decision);
  const std::deque<Decision>& entries() const { return entries_; }  // oldest first
  const Decision* find(std::uint64_t sequence) const;               // null where not kept
  std::uint64_t count(tuner::Reason reason) const;

  // What an earlier run decided, oldest first: kept, but not counted. Before the first append.
  void restore(std::deque<Decision> earlier);

 private:
  std::deque<Decision> entries_;
  std::map<tuner::Reason, std::uint64_t> counts_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace sweetspot::control
