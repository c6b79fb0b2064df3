#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/admission/settings.hpp"
#include "service/proxy/introduction.hpp"
#include "tuner/time.hpp"

namespace sweetspot::proxy {

// How many connections a listener lets wait to be accepted; the kernel's somaxconn bounds it too.
inline constexpr int listen_backlog = 4096;

struct Endpoint {
  std::string host;  // a name or an address, IPv6 without brackets; or unix:/PATH, without a port
  std::uint16_t port = 0;
};

// Requests of these methods, this path and this field. What is empty matches all.
struct Rule {
  bool bypasses = false;  // holds no permit; else it is of class `cls`
  admission::ClassId cls = 0;
  std::vector<std::string> methods;
  std::string path;
  bool is_prefix = false;  // `path` is what the request's path begins with
  std::string header;      // in lower case
  std::string header_value;
};

enum class AccessFormat { json, combined };
constexpr std::string_view to_string(AccessFormat format) {
  return format == AccessFormat::json ? "json" : "combined";
}

// Where clients connect, and how they speak there.
struct Listen {
  Endpoint endpoint;
  bool tls = false;
  bool proxy_protocol = false;  // a header of the PROXY protocol, version 1 or 2, comes first
};

// What we show to clients, as PEM files, and what they must show us.
struct TlsSettings {
  std::string certificate, key;     // the key may be in the certificate's file
  std::string client_ca;            // empty: clients show nothing
  bool client_is_optional = false;  // one without a certificate is served, too
};

// How the upstream is spoken to.
struct UpstreamTlsSettings {
  bool enabled = false;
  bool verify = true;
  std::string ca;                // PEM; empty: those that the system trusts
  std::string server_name;       // empty: the host of the address
  std::string certificate, key;  // what we show, where it wants to see something
};

// The upstream's addresses are asked whether they are well.
struct HealthSettings {
  std::string path;  // empty: they are not
  tuner::Duration interval = std::chrono::seconds(2);
  tuner::Duration timeout = std::chrono::seconds(1);
  int failures = 2;  // in a row, until one is out of use
};

// Which finished requests are logged, and where.
struct AccessSettings {
  std::string file;  // empty: none; `stderr`, or a path
  AccessFormat format = AccessFormat::json;
  double sample = 1;                    // 0..1 of all requests
  std::optional<tuner::Duration> slow;  // one that took as long is logged whatever the sample
};

struct Settings {
  std::vector<Listen> listen{{{"0.0.0.0", 8080}}};      // one or more
  std::vector<Endpoint> upstream{{"127.0.0.1", 8081}};  // one or more
  TlsSettings tls;
  UpstreamTlsSettings upstream_tls;
  HealthSettings health;
  tuner::Duration resolve_interval = std::chrono::seconds(10);  // between two looks at names
  int workers = 1;                                              // 1..CPUs

  tuner::Duration request_timeout = std::chrono::seconds(60);  // grant to last upstream byte
  std::optional<tuner::Duration> first_byte_timeout;     // of the answer, the request being sent
  std::optional<tuner::Duration> response_idle_timeout;  // between two parts of the answer
  tuner::Duration connect_timeout = std::chrono::seconds(2);
  tuner::Duration header_timeout = std::chrono::seconds(10);  // first to last byte of a head
  tuner::Duration idle_timeout = std::chrono::seconds(75);    // downstream, between requests
  tuner::Duration stall_timeout = std::chrono::seconds(30);   // a permit waiting on the client
  tuner::Duration contended_stall_timeout =
      std::chrono::milliseconds(500);  // while others wait for it
  std::size_t least_rate = 16 * 1024;  // bytes a second; a client that moves as many is not slow
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
  double full_from = 0.8;             // of a CPU: what a worker then postpones, Turn says
  std::vector<std::string> bypass_paths;    // requests for these paths hold no permit
  std::vector<Rule> rules;                  // the first that matches decides
  std::vector<std::string> tenant_headers;  // by class; empty: its requests have no tenants
  std::vector<std::string> deadline_headers{"grpc-timeout", "x-request-timeout",
                                            "x-envoy-expected-rq-timeout-ms"};
  int reject_status = 503;         // or 429, of a request that is shed
  bool reject_as_problem = false;  // with a body of application/problem+json (RFC 9457)
  bool wait_for_aborted = true;    // a permit stays taken while the backend works for nobody
  bool uses_tls() const { return !tls.certificate.empty() || upstream_tls.enabled; }
  AccessSettings access;
  bool server_timing = false;        // each response tells the queue's wait and the backend's time
  bool abort_on_half_close = false;  // a client that ends its sending has left; else it is served
};

}  // namespace sweetspot::proxy
