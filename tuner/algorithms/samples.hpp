#pragma once

#include "tuner/window.hpp"

namespace sweetspot::tuner::algorithms {

// Calls take(rtt in seconds, dropped) for each answer of a window, the fastest first; failures
// come last, as dropped ones of the mean round trip. For rules that step per answer.
template <typename Take>
void each_sample(const Window& seen, Take take) {
  if (!seen.latency.empty()) {
    for (std::size_t i = 0; i < Buckets::count; ++i) {
      const double rtt = (seconds(Buckets::lower(i)) + seconds(Buckets::upper(i))) / 2;
      for (std::uint64_t n = seen.latency.at(i); n > 0; --n) take(rtt, false);
    }
  }
  const double mean = seconds(seen.latency.mean());
  for (std::uint64_t n = seen.failures; n > 0; --n) take(mean, true);
}

}  // namespace sweetspot::tuner::algorithms
