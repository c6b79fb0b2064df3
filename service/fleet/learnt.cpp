#include "service/fleet/learnt.hpp"

#include <cmath>

namespace sweetspot::fleet {
namespace {

double normal(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

}  // namespace

double confidence_of(const std::deque<control::Decision>& decisions, int held) {
  std::optional<double> above, below;
  for (auto each = decisions.rbegin(); each != decisions.rend(); ++each) {
    const auto& verdict = each->verdict;
    if (!verdict.lo || !verdict.hi || verdict.to != held) continue;
    // z says whether the larger limit of the two is worth it.
    if (verdict.lo->limit == held && !above) above = normal(-verdict.z);
    if (verdict.hi->limit == held && !below) below = normal(verdict.z);
  }
  return above.value_or(0.5) * below.value_or(0.5);
}

std::optional<Knowledge> learnt(const control::Status& status,
                                const std::deque<control::Decision>& decisions) {
  const bool has_settled = status.state == tuner::State::hold && !status.pinned &&
                           !status.draining && status.mode == admission::Mode::enforce;
  if (!has_settled) return {};
  const double confidence = confidence_of(decisions, status.held_limit);
  if (confidence <= 0.25) return {};  // nothing was compared with it
  Knowledge record;
  record.limit = status.held_limit;
  record.confidence = confidence;
  return record;
}

}  // namespace sweetspot::fleet
