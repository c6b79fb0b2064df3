#include "service/admission/retry_after.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::admission {

int retry_after(int queued, double drain_rate, double jitter) {
  constexpr double least = 1, longest_wait = 40, most = 60;
  double wait = 0;
  if (queued > 0)
    wait = drain_rate > 0 ? std::min(longest_wait, queued / drain_rate) : longest_wait;
  const double seconds = wait + jitter * std::max(2.0, wait / 2);
  return static_cast<int>(std::clamp(std::ceil(seconds), least, most));
}

double spread(std::uint64_t counter) {
  std::uint64_t z = counter * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

}  // namespace sweetspot::admission
