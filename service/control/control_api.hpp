#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/control/access.hpp"
#include "service/control/address_status.hpp"
#include "service/control/configuration.hpp"
#include "service/control/tuning_loop.hpp"
#include "service/platform/diagnosis.hpp"
#include "service/platform/family.hpp"

namespace grpc {
class Service;
}

namespace sweetspot::control {

// Begins a diagnosis and hands its findings over on the control loop; false where one runs already.
using RunDiagnosis =
    std::function<bool(std::function<void(const std::vector<platform::Finding>&)> done)>;

// For how long a connection may do what. An age is reached by a tenth more or less; then calls have
// the grace to end, and the caller connects anew.
struct ConnectionBounds {
  std::chrono::milliseconds age = std::chrono::hours(24), grace = std::chrono::hours(1);
  std::chrono::milliseconds idle = std::chrono::hours(1);         // without a call
  std::chrono::milliseconds keepalive = std::chrono::minutes(1);  // silent, before it is pinged
  std::chrono::milliseconds patience = std::chrono::seconds(20);  // for the answer to that
};

struct ApiSettings {
  std::string host = "127.0.0.1";  // IPv6 without brackets
  std::uint16_t port = 9902;
  AccessSettings access{};
  platform::ReadProcess backend{};  // whose threads a status shows
  RunDiagnosis diagnose{};
  ConfigurationCalls configuration{};
  std::function<std::vector<AddressStatus>()> addresses{};  // of the upstream; on the loop
  std::function<std::vector<std::string>()>
      recording{};  // its files, the oldest first; on the loop
  ConnectionBounds connections{};
};

// The gRPC API, with health and reflection, on gRPC's own threads. It never touches the data path:
// every call becomes a message on the control loop, and is answered from there. Made, started and
// stopped by App.
class ControlApi {
 public:
  ControlApi(boost::asio::io_context& loop, TuningLoop& tuning, ApiSettings settings);
  ~ControlApi();

  void add(std::shared_ptr<grpc::Service> service);  // served beside Control; before start()

  // Binds and serves. Returns the bound port, or a sentence on why it could not bind.
  struct Bound {
    std::uint16_t port = 0;
    std::string error;  // empty where bound
  };
  Bound start();

  void set_draining();  // health says NOT_SERVING
  // Ends all streams and returns when all calls are answered. The control loop must be running
  // meanwhile, on another thread.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::control
