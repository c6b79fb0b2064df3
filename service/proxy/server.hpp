#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/control/address_status.hpp"
#include "service/control/recorder.hpp"
#include "service/proxy/settings.hpp"
#include "service/proxy/tls_failures.hpp"

namespace sweetspot::proxy {

class AccessRing;
struct AccessBell;

// All workers: listeners, sessions, upstream connections. Made, started and stopped by App on its
// main thread; the workers' threads are its own. No Asio in this header.
class Server {
 public:
  // One recorder a worker; all outlive the server.
  Server(Settings settings, admission::Limiter& limiter,
         std::vector<std::unique_ptr<control::Recorder>>& recorders);
  ~Server();  // stops at once

  // Reads the files of TLS anew, for connections from now on; a sentence where they are wrong, and
  // then nothing changes. Before bind(), and at any time after.
  std::string load_tls();

  // Binds and listens everywhere, or says why it could not.
  struct Bound {
    std::uint16_t port = 0;          // of the first
    std::vector<std::string> names;  // HOST:PORT or unix:/PATH of each
    std::string error;               // empty where bound
  };
  Bound bind();
  // Told on a worker's thread of what should never happen: an exception that ended a session.
  void on_failure(std::function<void(const char* what)> report);  // before start()
  void start();

  // Puts others in force, also for what is under way: listeners, upstream, workers and the access
  // log's file and format stay as they are. Any thread.
  void reconfigure(const Settings& settings);

  // Graceful stop: for `delay` all is served with `Connection: close`; then the listeners close
  // (their accept queues emptied first), and in-flight and queued requests finish within `grace`.
  // Calls `done` on a worker's thread, once: clean is false where grace ran out.
  void drain(tuner::Duration delay, tuner::Duration grace, std::function<void(bool clean)> done);
  void stop();  // at once; returns when all workers have ended

  // Gauges, readable from any thread.
  struct Gauges {
    int downstream_connections = 0;
    std::vector<int> worker_connections;  // the same by worker
    int upstream_connections = 0;         // idle ones included
    int upstream_idle = 0;
    int stalled_permits = 0;
    std::int64_t certificate_expires = 0;                             // Unix time; 0 without one
    TlsFailures::Reading downstream_handshakes, upstream_handshakes;  // that failed
    std::size_t buffer_bytes = 0;                                     // of all buffers in use
  };
  Gauges gauges() const;

  // The upstream's addresses, but since when one is down, and its names without any. Any thread.
  std::vector<control::AddressStatus> addresses() const;

  // Who sends the upstream OPTIONS with the field probe_field and this value learns whether that
  // comes back here, by whatever way: it is answered 508.
  const std::string& probe_token() const;
  static constexpr std::string_view probe_field = "sweetspot-probe";

  // Where finished requests go, one ring a worker; none where access.file is not set.
  std::vector<AccessRing*> access_rings() const;
  AccessBell& access_bell();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::proxy
