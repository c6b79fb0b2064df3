#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "service/control/address_status.hpp"
#include "service/observe/log.hpp"

namespace sweetspot::service {

// Knows since when an address of the upstream is down, as requests and health checks found it, and
// logs who has changed. On the control thread.
class UpstreamWatch {
 public:
  using Addresses = std::vector<control::AddressStatus>;
  UpstreamWatch(std::function<Addresses()> read, const observe::Log& log)
      : read_(std::move(read)), log_(log) {}

  void each_second() { look(); }

  // As they are now: those that are down first, in the order of their names.
  Addresses look();

  std::string of_our_own();  // those that are listeners of ours, with commas between

 private:
  const std::function<Addresses()> read_;
  const observe::Log& log_;
  std::map<std::string, std::int64_t> down_since_;  // Unix time in ms, by address
};

}  // namespace sweetspot::service
