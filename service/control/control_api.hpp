#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "service/control/tuning_loop.hpp"

namespace grpc {
class Service;
}

namespace sweetspot::control {

struct ApiSettings {
  std::string host = "127.0.0.1";  // IPv6 without brackets
  std::uint16_t port = 9902;
  std::optional<int> backend_pid;  // whose threads a status shows
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
