#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "service/proxy/access_ring.hpp"
#include "service/proxy/settings.hpp"

namespace sweetspot::observe {

// Empties the workers' rings into a file, in batches, on a thread of its own: once a second, when
// a ring is half full, and at the end. What it cannot write is counted, never waited for. Where the
// file is moved away, as rotation does, another one is begun under its name.
class AccessLog {
 public:
  AccessLog(proxy::AccessSettings settings, proxy::AccessBell& bell,
            std::vector<proxy::AccessRing*> rings);
  ~AccessLog();  // all that was finished before it is written

  std::string start();  // what went wrong, empty where nothing
  std::uint64_t lines() const { return lines_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() const;  // ring full, or the file could not be written

 private:
  void run();
  int open() const;
  void follow_name();
  void write_batch();
  void write_out();

  const proxy::AccessSettings settings_;
  proxy::AccessBell& bell_;
  const std::vector<proxy::AccessRing*> rings_;
  int file_ = -1;
  std::string batch_;
  std::uint64_t batch_lines_ = 0;
  std::atomic<std::uint64_t> lines_{0}, unwritten_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace sweetspot::observe
