#pragma once

#include <chrono>
#include <optional>

namespace sweetspot::platform {

// How busy one thread of this process is: the time it ran or waited for a CPU to run on. One thread
// may ask.
class ThreadLoad {
 public:
  explicit ThreadLoad(int thread);  // its id, as gettid() has it
  ~ThreadLoad();
  ThreadLoad(const ThreadLoad&) = delete;
  ThreadLoad& operator=(const ThreadLoad&) = delete;

  // Since it began; nothing where the thread has ended or the kernel does not count
  // (/proc/PID/task/TID/schedstat).
  std::optional<std::chrono::nanoseconds> wanted_cpu() const;

 private:
  int file_;
};

}  // namespace sweetspot::platform
