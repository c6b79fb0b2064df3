#include "service/control/decision_log.hpp"

#include <utility>

namespace sweetspot::control {

const Decision& DecisionLog::append(Decision decision) {
  decision.verdict.sequence = ++sequence_;
  ++counts_[static_cast<std::size_t>(decision.verdict.reason)];
  entries_.push_back(std::move(decision));
  if (entries_.size() > capacity) entries_.pop_front();
  return entries_.back();
}

}  // namespace sweetspot::control
