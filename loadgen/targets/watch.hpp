#pragma once

#include <cstdint>
#include <optional>

#include "service/platform/family.hpp"
#include "tuner/time.hpp"

namespace sweetspot::loadgen {

using tuner::Duration;

// What the target's process spent while a level was measured.
struct TargetUse {
  int threads = 0;                   // peak
  std::uint64_t resident_bytes = 0;  // peak
  double cpu = 0;                    // CPUs
  double switches_per_request = 0;   // context switches, of the threads that live at both ends
};

// Looks at a process and all that it has forked while a level runs. It looks while the load is
// there: afterwards the threads that served it are gone.
class TargetWatch {
 public:
  explicit TargetWatch(int pid);

  // To be called often while it is measured. False once the process has ended.
  bool sample(Duration elapsed);
  void finish(Duration elapsed);  // at the first moment after

  bool is_alive() const;
  bool has_ended() const { return ended_; }  // at the last sample
  TargetUse use(std::uint64_t requests) const;

 private:
  platform::ProcessFamily family_;
  Duration next_{};
  bool ended_ = false;
  bool started_ = false;
  bool finished_ = false;
  int threads_ = 0;
  std::uint64_t resident_ = 0;
  Duration begin_{}, end_{};
  Duration cpu_begin_{}, cpu_end_{};
  std::uint64_t switches_begin_ = 0, switches_end_ = 0;
};

}  // namespace sweetspot::loadgen
