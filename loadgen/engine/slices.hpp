#pragma once

#include <cstddef>
#include <vector>

#include "tuner/histogram.hpp"
#include "tuner/time.hpp"

namespace sweetspot::engine {

// Latencies by when they came, for who asks how much a run scatters within itself: slices of equal
// width, at most sixteen, which double their width as the run goes on. A value.
class Slices {
 public:
  static constexpr std::size_t most = 16;

  void record(tuner::Duration elapsed, tuner::Duration latency);
  void merge(const Slices& other);

  const std::vector<tuner::Histogram>& all() const { return slices_; }

 private:
  void widen();

  std::vector<tuner::Histogram> slices_;
  tuner::Duration width_ = std::chrono::milliseconds(100);
};

}  // namespace sweetspot::engine
