#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "service/control/measurement.hpp"

namespace sweetspot::control {

// The last ten seconds, in ten cells of about one: what a status shows beside the verdicts. One
// thread.
class Recent {
 public:
  explicit Recent(TimePoint now);

  // Adds what was seen up to `now`; `at_held`: the limit in force was the held one, not a probe's.
  void add(const Measurement::Seen& seen, bool at_held, TimePoint now);

  struct Figures {
    Duration span{};
    double throughput = 0;  // successes a second
    Duration p50{}, p99{};  // backend latency
    double held_throughput = 0;
    Duration held_p50{}, held_p99{};
    double exploration_share = 0;  // 0..1: successes away from the held limit
  };
  Figures figures(TimePoint now) const;

 private:
  struct Cell {
    Duration span{}, held_span{};
    std::uint64_t successes = 0, held_successes = 0;
    tuner::Histogram latency, held_latency;
  };
  void rotate(TimePoint now);

  static constexpr Duration cell_span = std::chrono::seconds(1);
  std::array<Cell, 10> cells_;
  std::size_t current_ = 0;
  TimePoint current_since_;
};

}  // namespace sweetspot::control
