#include "service/config/settings.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::config {

int initial_limit(const Limit& limit, int cpus) {
  int size = limit.initial.number;
  switch (limit.initial.kind) {
    case Initial::Kind::automatic:
      size = 1 << std::lround(std::log2(std::max(8, cpus)));
      break;
    case Initial::Kind::cpu:
      size = cpus;
      break;
    case Initial::Kind::io:
      size = 4 * cpus;
      break;
    case Initial::Kind::number:
      break;
  }
  return std::clamp(size, limit.min, limit.max);
}

}  // namespace sweetspot::config
