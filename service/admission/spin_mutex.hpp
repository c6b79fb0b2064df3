#pragma once

#include <atomic>
#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace sweetspot::admission {

// A lock for critical sections of some nanoseconds: it spins briefly, then blocks, for the holder
// may have lost its CPU. Half the cost of std::mutex where nobody contends, which is the case with
// one worker. Meets BasicLockable.
class SpinMutex {
 public:
  void lock() {
    std::uint32_t expected = unlocked;
    if (!state_.compare_exchange_strong(expected, locked, std::memory_order_acquire)) {
      lock_contended();
    }
  }

  void unlock() {
    if (state_.exchange(unlocked, std::memory_order_release) == contended) state_.notify_one();
  }

 private:
  static constexpr std::uint32_t unlocked = 0, locked = 1, contended = 2;

  void lock_contended() {
    for (int spin = 0; spin < 100; ++spin) {
      std::uint32_t expected = unlocked;
      if (state_.load(std::memory_order_relaxed) == unlocked &&
          state_.compare_exchange_weak(expected, locked, std::memory_order_acquire)) {
        return;
      }
      pause();
    }
    // Whoever blocked cannot know whether others do, so it locks as `contended`.
    while (state_.exchange(contended, std::memory_order_acquire) != unlocked) {
      state_.wait(contended, std::memory_order_relaxed);
    }
  }

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::atomic<std::uint32_t> state_{unlocked};
};

}  // namespace sweetspot::admission
