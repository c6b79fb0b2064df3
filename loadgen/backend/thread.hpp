#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <optional>

namespace sweetspot::backend {

// A thread with a stack of its own choosing (std::jthread cannot), so that thousands fit.
// Joined at the end of its owner.
class Thread {
 public:
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread();

  // Once. False where the system gives no more threads.
  bool start(std::size_t stack_bytes, std::function<void()> body);

 private:
  std::optional<pthread_t> handle_;
};

}  // namespace sweetspot::backend
