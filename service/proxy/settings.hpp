#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/proxy/introduction.hpp"
#include "tuner/time.hpp"

namespace sweetspot::proxy {

struct Endpoint {
  std::string host;  // a name or an address; IPv6 without brackets
  std::uint16_t port = 0;
};

enum class AccessFormat { json, combined };
constexpr std::string_view to_string(AccessFormat format) {
  return format == AccessFormat::json ? "json" : "combined";
}

// Which finished requests are logged, and where.
struct AccessSettings {
  std::string file;  // empty: none; `stderr`, or a path
  AccessFormat format = AccessFormat::json;
  double sample = 1;                    // 0..1 of all requests
  std::optional<tuner::Duration> slow;  // one that took as long is logged whatever the sample
};

struct Settings {
  Endpoint listen{"0.0.0.0", 8080};
  Endpoint upstream{"127.0.0.1", 8081};
  int workers = 1;  // 1..CPUs

  tuner::Duration request_timeout = std::chrono::seconds(60);  // grant to last upstream byte
  tuner::Duration connect_timeout = std::chrono::seconds(2);
  tuner::Duration header_timeout = std::chrono::seconds(10);  // first to last byte of a head
  tuner::Duration idle_timeout = std::chrono::seconds(75);    // downstream, between requests
  tuner::Duration stall_timeout = std::chrono::seconds(30);   // a permit waiting on the client
  tuner::Duration upstream_idle_timeout = std::chrono::milliseconds(1500);
  tuner::Duration upstream_lifetime = std::chrono::hours(1);  // then not used again

  std::size_t max_head = 64 * 1024;          // bytes of a request's or response's head
  std::size_t max_target = 16 * 1024;        // bytes of a request's target
  std::size_t max_fields = 128;              // fields of a head
  std::size_t max_connections = 10000;       // downstream
  std::size_t request_buffer = 64 * 1024;    // a body up to this is read before a permit is taken
  std::size_t response_buffer = 256 * 1024;  // read ahead of a slow client
  std::size_t buffer_total =
      256 * 1024 * 1024;              // of all buffers in use; beyond it nothing is read ahead
  IntroductionSettings introduction;  // what the upstream is told of the way that a request came
  std::vector<std::string> bypass_paths;  // requests for these paths hold no permit
  AccessSettings access;
  bool server_timing = false;        // each response tells the queue's wait and the backend's time
  bool abort_on_half_close = false;  // a client that ends its sending has left; else it is served
};

}  // namespace sweetspot::proxy
