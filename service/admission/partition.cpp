#include "service/admission/partition.hpp"

#include <functional>

namespace sweetspot::admission {

std::vector<int> partition(const std::vector<Group>& groups, int total) {
  if (groups.empty()) return {};
  double shares = 0;
  for (const Group& group : groups) shares += group.share;
  std::vector<int> parts(groups.size(), 1);
  int left = total - static_cast<int>(groups.size());
  // One after another to whoever is furthest below its due: totals are small, changes are rare.
  for (; left > 0; --left) {
    std::size_t neediest = 0;
    double most = -1e300;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const double lacks = groups[i].share / shares * total - parts[i];
      if (lacks > most) most = lacks, neediest = i;
    }
    ++parts[neediest];
  }
  return parts;
}

bool move_one(std::vector<int>& parts, const std::vector<int>& aim) {
  const auto moved = [&](auto differs) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (differs(aim[i], parts[i])) return parts[i] = aim[i], true;
    }
    return false;
  };
  moved(std::less()) || moved(std::greater());
  return parts == aim;
}

}  // namespace sweetspot::admission
