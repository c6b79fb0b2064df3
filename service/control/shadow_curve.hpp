#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "service/control/measurement.hpp"
#include "tuner/knee.hpp"

namespace sweetspot::control {

// What the tuner would do where nothing is held back. Demand brings one concurrency after the
// other by itself; each that lasted long enough is a level of a curve, judged as the load tool
// judges a sweep. It experiments with nothing, so it cannot tell a backend that became slow, and
// so has more in flight, from one that has too much in flight and so became slow: its answer is
// advice, with a confidence. One thread.
class ShadowCurve {
 public:
  // A window of about a second.
  void add(const tuner::Window& window, TimePoint now);

  // The levels that count, by size.
  struct Measured {
    tuner::CurvePoint point;
    std::uint64_t successes = 0;
    TimePoint last{};
  };
  std::vector<Measured> measured(TimePoint now) const;
  // Absent while fewer than two levels are known. Sizes are of the lattice 1, 2, 3, 4, 6, 8,
  // 11, 16.
  std::optional<tuner::Knee> judge(tuner::Objective objective, std::optional<double> e_star,
                                   std::optional<Duration> p99_bound, TimePoint now) const;

 private:
  // Sums over windows; what is old goes, so that a backend of yesterday does not vote today.
  struct Sums {
    std::size_t windows = 0;
    tuner::Window all;
    double throughput = 0, squared_throughput = 0;
    TimePoint last{};
    void add(const tuner::Window& window, TimePoint now);
    void merge(const Sums& other);
  };
  struct Level {
    Sums current, before;
  };
  static constexpr std::size_t levels = 34;  // half octaves of the mean in flight, up to 2^16.5

  std::array<Level, levels> levels_{};
};

}  // namespace sweetspot::control
