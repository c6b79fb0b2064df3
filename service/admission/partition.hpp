#pragma once

#include <vector>

#include "service/admission/settings.hpp"

namespace sweetspot::admission {

// Each group's part of a total, at least 1 each, by largest remainders: the sum is the total
// unless that is less than the number of groups.
std::vector<int> partition(const std::vector<Group>& groups, int total);

}  // namespace sweetspot::admission
