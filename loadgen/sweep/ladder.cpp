#include "loadgen/sweep/ladder.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::loadgen {

std::vector<int> ladder(int from, int to, double factor) {
  std::vector<int> sizes;
  double exact = from;  // not the rounded size, so that the ratio stays
  for (int size = from; size < to;
       size = std::max(size + 1, static_cast<int>(std::lround(exact)))) {
    sizes.push_back(size);
    exact = std::min(std::max(exact * factor, size + 1.0), static_cast<double>(to));
  }
  sizes.push_back(to);
  return sizes;
}

}  // namespace sweetspot::loadgen
