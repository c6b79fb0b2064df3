#include "service/control/decision_log.hpp"

#include <algorithm>
#include <utility>

namespace sweetspot::control {

const Decision& DecisionLog::append(Decision decision) {
  decision.verdict.sequence = ++last_sequence_;
  ++counts_[decision.verdict.reason];
  entries_.push_back(std::move(decision));
  if (entries_.size() > capacity) entries_.pop_front();
  return entries_.back();
}

const Decision* DecisionLog::find(std::uint64_t sequence) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [=](const Decision& decision) {
    return decision.verdict.sequence == sequence;
  });
  return found == entries_.end() ? nullptr : &*found;
}

std::uint64_t DecisionLog::count(tuner::Reason reason) const {
  const auto found = counts_.find(reason);
  return found == counts_.end() ? 0 : found->second;
}

void DecisionLog::restore(std::deque<Decision> earlier) {
  entries_ = std::move(earlier);
  while (entries_.size() > capacity) entries_.pop_front();
  last_sequence_ = entries_.empty() ? 0 : entries_.back().verdict.sequence;
}

}  // namespace sweetspot::control
