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
  enum Text : std::size_t {
    peer,
    method,
    target,
    host,
    user_agent,
    referer,
    traceparent,
    upstream,
    texts
  };
  static constexpr std::size_t room = 896;  // for all texts; what does not fit is cut off

  tuner::TimePoint at{};  // of its end
  tuner::Duration queue_wait{}, backend{}, total{};
  std::string_view ending;  // an outcome or the reason of an answer: of ours, and static
  std::string_view cls;     // its class's name, which the limiter keeps; empty where it has none
  int status = 0;           // 0: nothing was answered
  bool is_slow = false;
  std::uint16_t sizes[texts] = {};
  std::size_t used = 0;
  char bytes[room];

  void set(Text which, std::string_view value, std::size_t most) {  // in their order
    const std::size_t size = std::min({value.size(), most, room - used});
    std::copy_n(value.data(), size, bytes + used);  // of nothing, too, which memcpy may not
    sizes[which] = static_cast<std::uint16_t>(size);
    used += size;
  }
  void set_upstream(std::string_view value) {  // the last text; anew where it is tried again
    used -= sizes[upstream];
    set(upstream, value, 112);
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
// one takes. A full ring drops and counts, it never waits. Entries stand one behind the other, each
// as long as its texts, so that what is written is soon read again and stays in the caches.
class AccessRing {
 public:
  static constexpr std::size_t capacity = 512 * 1024;  // bytes

  // One entry's room beyond the end: the last one may be shorter than its type.
  explicit AccessRing(AccessBell& bell)
      : bell_(bell), memory_(new std::byte[capacity + sizeof(AccessEntry)]) {}

  void put(const AccessEntry& entry) {
    const std::size_t size = size_of(entry);
    const auto end = end_.load(std::memory_order_relaxed);
    const std::size_t at = end % capacity;
    const std::size_t skipped = capacity - at < size ? capacity - at : 0;  // it stands in one piece
    const auto waiting = end - begin_.load(std::memory_order_acquire);
    if (waiting + skipped + size > capacity) {
      dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return;
    }
    if (skipped > 0) set_size(at, skip);
    const std::size_t place = skipped > 0 ? 0 : at;
    set_size(place, size);
    std::memcpy(memory_.get() + place + prefix, &entry, offsetof(AccessEntry, bytes) + entry.used);
    const auto then = waiting + skipped + size;
    end_.store(end + skipped + size, std::memory_order_release);
    if (waiting < capacity / 2 && then >= capacity / 2) bell_.rung.notify_one();
  }

  // Takes all that waits; `use` may not keep what it is given.
  template <class Use>
  void take(Use use) {
    auto begin = begin_.load(std::memory_order_relaxed);
    const auto end = end_.load(std::memory_order_acquire);
    while (begin != end) {
      const std::size_t at = begin % capacity;
      const std::size_t size = size_at(at);
      if (size == skip) {
        begin += capacity - at;
        continue;
      }
      use(*reinterpret_cast<const AccessEntry*>(memory_.get() + at + prefix));
      begin += size;
    }
    begin_.store(end, std::memory_order_release);
  }
  bool is_half_full() const {
    return end_.load(std::memory_order_acquire) - begin_.load(std::memory_order_relaxed) >=
           capacity / 2;
  }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t prefix = sizeof(std::size_t);  // an entry's size stands before it
  static constexpr std::size_t skip = 0;  // in its place: the next one is at the beginning
  static constexpr std::size_t alignment = alignof(AccessEntry);
  static_assert(capacity % alignment == 0 && prefix % alignment == 0);

  static std::size_t size_of(const AccessEntry& entry) {
    const std::size_t size = prefix + offsetof(AccessEntry, bytes) + entry.used;
    return (size + alignment - 1) / alignment * alignment;
  }
  void set_size(std::size_t at, std::size_t size) {
    std::memcpy(memory_.get() + at, &size, prefix);
  }
  std::size_t size_at(std::size_t at) const {
    std::size_t size;
    std::memcpy(&size, memory_.get() + at, prefix);
    return size;
  }

  AccessBell& bell_;
  const std::unique_ptr<std::byte[]> memory_;
  alignas(64) std::atomic<std::uint64_t> end_{0};
  alignas(64) std::atomic<std::uint64_t> begin_{0};
  alignas(64) std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace sweetspot::proxy
