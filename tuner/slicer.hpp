#pragma once

#include <cstdint>

#include "tuner/time.hpp"
#include "tuner/window.hpp"

namespace sweetspot::tuner {

// Merges the windows of one limit into a slice, after a guard in which the limit's change is let
// to settle. A value.
class Slicer {
 public:
  // A slice is complete when it has `samples` successes and lasted `at_least`, or lasted `at_most`.
  struct Target {
    Duration guard{};
    std::uint64_t samples = 60;
    Duration at_least = std::chrono::milliseconds(30);
    Duration at_most = std::chrono::seconds(2);
  };

  Slicer() = default;
  explicit Slicer(const Target& target) : target_(target) {}

  // True where this window completed the slice.
  bool add(const Window& window);
  const Window& slice() const { return slice_; }
  // By how much the fullest window's successes exceed twice the slice's mean. What was let in
  // together may return together: then a slice counts such a cohort, or just misses it.
  double burst() const;

 private:
  Target target_;
  Duration guarded_{};
  Window slice_;
  std::uint64_t most_ = 0;  // successes of a window
  Duration most_in_{};      // ... and how long that was
};

// The mean time that a request spends in flight, by Little's law; zero where none completed
// or most failed.
Duration residence(const Window& window);

}  // namespace sweetspot::tuner
