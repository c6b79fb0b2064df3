#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace sweetspot::control {

// Finds permits that nobody can hold any more. A permit belongs to a client's connection or, where
// the client has left, to a busy upstream connection; more permits than those, in three readings
// a second apart, are lost. One thread observes, any may read.
class LeakWatch {
 public:
  void observe(int in_flight, int connections) {
    const int excess = std::max(0, in_flight - connections);
    least_of_run_ = run_ == 0 ? excess : std::min(least_of_run_, excess);
    if (++run_ < readings) return;
    run_ = 0;
    const auto lost = static_cast<std::uint64_t>(least_of_run_);
    if (lost > leaked_.load(std::memory_order_relaxed))
      leaked_.store(lost, std::memory_order_relaxed);
  }
  std::uint64_t leaked() const { return leaked_.load(std::memory_order_relaxed); }

 private:
  static constexpr int readings = 3;
  int run_ = 0;
  int least_of_run_ = 0;
  std::atomic<std::uint64_t> leaked_{0};
};

}  // namespace sweetspot::control
