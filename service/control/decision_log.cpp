#include "service/control/decision_log.hpp"

#include <utility>

namespace sweetspot::control {

const Decision& DecisionLog::append(Decision decision) {
  ++counts_[decision.verdict.reason];
  entries_.push_back(std::move(decision));
  if (entries_.size() > capacity) entries_.pop_front();
  return entries_.back();
}

std::uint64_t DecisionLog::count(tuner::Reason reason) const {
  const auto found = counts_.find(reason);
  return found == counts_.end() ? 0 : found->second;
}

}  // namespace sweetspot::control
