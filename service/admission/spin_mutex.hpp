#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace sweetspot::admission {

// A lock for critical sections of some nanoseconds. It is let go of by a plain store, so that it
// costs one atomic exchange and not two where nobody contends, which is the case with one worker.
// Who does not get it spins briefly, then yields, then sleeps, for the holder may have lost its
// CPU. Meets BasicLockable.
class SpinMutex {
 public:
  void lock() {
    if (locked_.exchange(true, std::memory_order_acquire)) lock_contended();
  }

  void unlock() { locked_.store(false, std::memory_order_release); }

 private:
  void lock_contended() {
    int turn = 0;
    do {
      while (locked_.load(std::memory_order_relaxed)) wait(turn++);
    } while (locked_.exchange(true, std::memory_order_acquire));
  }

  static void wait(int turn) {
    constexpr int spins = 100, yields = 100;
    if (turn < spins) {
      pause();
    } else if (turn < spins + yields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::atomic<bool> locked_{false};
};

}  // namespace sweetspot::admission
