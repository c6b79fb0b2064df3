#pragma once

#include <memory>
#include <vector>

#include "service/control/measurement.hpp"
#include "service/platform/thread_load.hpp"

namespace sweetspot::control {

// Tells when the sidecar's own I/O threads are the bottleneck: then throughput stops growing
// because of them, and what is measured says nothing of the backend. One thread.
class OwnLoad {
 public:
  OwnLoad(const Recorders& recorders, TimePoint now);

  // Reads the threads about twice a second; true where saturated() has changed.
  bool look(TimePoint now);
  double busiest() const { return busiest_; }  // 0 to 1, of the busiest I/O thread
  bool is_saturated() const { return saturated_; }

  // The decision alone: from this share on it is saturated, below that one no longer.
  static constexpr double full = 0.92, free = 0.8;

 private:
  struct Thread {
    std::unique_ptr<platform::ThreadLoad> load;
    std::chrono::nanoseconds wanted{0};
  };
  void find_threads();

  const Recorders& recorders_;
  std::vector<Thread> threads_;  // one a recorder; empty until its worker runs
  TimePoint read_;
  double busiest_ = 0;
  bool saturated_ = false;
};

}  // namespace sweetspot::control
