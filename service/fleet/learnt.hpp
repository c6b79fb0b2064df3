#pragma once

#include <deque>

#include "service/control/status.hpp"
#include "service/fleet/knowledge.hpp"

namespace sweetspot::fleet {

// How sure it is that the knee is at `held`: the probability that the last comparison with a larger
// limit and the last with a smaller one each pointed away from it for good reason. A side that was
// never compared counts a half.
double confidence_of(const std::deque<control::Decision>& decisions, int held);

// What a replica that has settled may teach others; nothing where it has not, or was told what to
// hold.
std::optional<Knowledge> learnt(const control::Status& status,
                                const std::deque<control::Decision>& decisions);

}  // namespace sweetspot::fleet
