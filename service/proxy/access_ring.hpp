#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>

#include "tuner/time.hpp"

namespace sweetspot::proxy {

// One finished request, as the access log needs it: plain bytes, whatever the client sent.
struct AccessEntry {
  enum Text : std::size_t { peer, method, target, host, user_agent, referer, traceparent, texts };
  static constexpr std::size_t room = 768;  // for all texts; what does not fit is cut off

  tuner::TimePoint at{};  // of its end
  tuner::Duration queue_wait{}, backend{}, total{};
  std::string_view ending;  // an outcome or a reason to shed: of ours, and static
  int status = 0;           // 0: nothing was answered
  bool is_slow = false;
  std::uint16_t sizes[texts] = {};
  std::size_t used = 0;
  char bytes[room];

  void set(Text which, std::string_view value, std::size_t most) {  // in their order
    const std::size_t size = std::min({value.size(), most, room - used});
    std::memcpy(bytes + used, value.data(), size);
    sizes[which] = static_cast<std::uint16_t>(size);
    used += size;
  }
  std::string_view text(Text which) const {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < which; ++i) begin += sizes[i];
    return {bytes + begin, sizes[which]};
  }
};

// Wakes whoever empties the rings.
struct AccessBell {
  std::mutex mutex;
  std::condition_variable rung;
};

// Finished requests on their way from one worker to the log's writer. Lock-free: one thread puts,
// one takes. A full ring drops and counts, it never waits.
class AccessRing {
 public:
  static constexpr std::size_t capacity = 4096;

  explicit AccessRing(AccessBell& bell) : bell_(bell), slots_(new AccessEntry[capacity]) {}

  void put(const AccessEntry& entry) {
    const auto end = end_.load(std::memory_order_relaxed);
    const auto waiting = end - begin_.load(std::memory_order_acquire);
    if (waiting == capacity) {
      dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return;
    }
    std::memcpy(static_cast<void*>(&slots_[end % capacity]), &entry,
                offsetof(AccessEntry, bytes) + entry.used);
    end_.store(end + 1, std::memory_order_release);
    if (waiting + 1 == capacity / 2) bell_.rung.notify_one();
  }

  // Takes all that waits; `use` may not keep what it is given.
  template <class Use>
  std::size_t take(Use use) {
    const auto begin = begin_.load(std::memory_order_relaxed);
    const auto end = end_.load(std::memory_order_acquire);
    for (auto i = begin; i != end; ++i) use(slots_[i % capacity]);
    begin_.store(end, std::memory_order_release);
    return static_cast<std::size_t>(end - begin);
  }
  std::size_t waiting() const {
    return end_.load(std::memory_order_acquire) - begin_.load(std::memory_order_relaxed);
  }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  AccessBell& bell_;
  std::unique_ptr<AccessEntry[]> slots_;
  alignas(64) std::atomic<std::uint64_t> end_{0};
  alignas(64) std::atomic<std::uint64_t> begin_{0};
  alignas(64) std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace sweetspot::proxy
