#include "tuner/slicer.hpp"

#include <algorithm>

namespace sweetspot::tuner {

bool Slicer::add(const Window& window) {
  if (guarded_ < target_.guard) {
    guarded_ += window.span;
    return false;
  }
  slice_.merge(window);
  if (window.successes > most_) {
    most_ = window.successes;
    most_in_ = window.span;
  }
  if (slice_.span >= target_.at_most) return true;
  return slice_.successes >= target_.samples && slice_.span >= target_.at_least;
}

double Slicer::burst() const {
  return std::max(static_cast<double>(most_) - 2 * slice_.throughput() * seconds(most_in_), 0.0);
}

Duration residence(const Window& window) {
  if (window.failure_share() > 0.5) return {};  // most may have failed at once
  const auto completed = window.successes + window.failures + window.aborts;
  if (completed == 0) return {};
  return from_seconds(std::min(window.in_flight_seconds / static_cast<double>(completed), 3600.0));
}

}  // namespace sweetspot::tuner
