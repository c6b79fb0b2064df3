#include "tuner/host_noise.hpp"

#include <algorithm>

namespace sweetspot::tuner {

namespace {

constexpr Duration fresh_for = std::chrono::minutes(1);
constexpr int enough = 4;  // degrees of freedom

}  // namespace

void HostNoise::add(const ArmData& a, const ArmData& b, TimePoint now) {
  const int freedom = a.freedom() + b.freedom();
  if (freedom == 0) return;
  seen_.push_back({now, a.scatter() + b.scatter(), freedom});
  while (now - seen_.front().at > fresh_for) seen_.pop_front();
}

double HostNoise::scatter(TimePoint now) const {
  double chi_squared = 0;
  int freedom = 0;
  for (const Seen& each : seen_) {
    if (now - each.at > fresh_for) continue;
    chi_squared += each.chi_squared;
    freedom += each.freedom;
  }
  return freedom < enough ? 0 : std::max(chi_squared, 0.0) / freedom;
}

}  // namespace sweetspot::tuner
