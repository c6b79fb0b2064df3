#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace sweetspot::proxy {

// Handshakes that failed, by the side of the proxy, and what was wrong with the last. Any thread.
class TlsFailures {
 public:
  enum class Side { downstream, upstream };
  struct Reading {
    std::uint64_t count = 0;
    std::string last;
  };

  void add(Side side, std::string problem) {
    std::lock_guard lock(mutex_);
    Reading& reading = readings_[static_cast<std::size_t>(side)];
    ++reading.count;
    reading.last = std::move(problem);
  }
  Reading read(Side side) const {
    std::lock_guard lock(mutex_);
    return readings_[static_cast<std::size_t>(side)];
  }

 private:
  mutable std::mutex mutex_;
  std::array<Reading, 2> readings_;
};

}  // namespace sweetspot::proxy
