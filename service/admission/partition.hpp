#pragma once

#include <vector>

#include "service/admission/settings.hpp"

namespace sweetspot::admission {

// Each group's part of a total, at least 1 each, by largest remainders: the sum is the total
// unless that is less than the number of groups.
std::vector<int> partition(const std::vector<Group>& groups, int total);

// Brings one group's part to what it is to be, those first that shrink: so the sum is never above
// the greater of the two. True where all are as they are to be.
bool move_one(std::vector<int>& parts, const std::vector<int>& aim);

}  // namespace sweetspot::admission
