#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sweetspot/v1/control.pb.h"
#include "sweetspot/v1/lifecycle.pb.h"

namespace sweetspot::ctl {

// How a command ended, which is the exit code of sweetspotctl.
enum class Exit {
  done = 0,
  refused = 1,      // the sidecar said no, and why
  usage = 2,        // the command line is wrong
  unreachable = 3,  // nobody answers at the address, or the connection was lost
  unwritten = 5,    // there is an answer, but stdout does not take it
};

// What a call brought: nothing wrong, or a sentence on what is.
struct Outcome {
  Exit exit = Exit::done;
  std::string error;
};

// How to reach a sidecar, and who calls.
struct Connection {
  std::string address = "127.0.0.1:9902";  // HOST:PORT, or unix:/PATH
  std::string token{};                     // a bearer token; empty for none
  std::string ca{};                  // PEM file of what has signed the sidecar's; empty: no TLS
  std::string certificate{}, key{};  // PEM files: the caller's own
  std::string server_name{};         // in the sidecar's certificate, where it is not the host
};

// One sidecar's control API, one call at a time, on the caller's thread.
class Client {
 public:
  Client(const std::string& address, std::chrono::nanoseconds timeout);
  Client(const Connection& connection, std::chrono::nanoseconds timeout);
  ~Client();

  Outcome get_status(v1::Status& status);
  Outcome list_verdicts(std::uint32_t count, v1::ListVerdictsResponse& verdicts);
  Outcome get_curve(v1::Curve& curve);
  Outcome diagnose(v1::Diagnosis& diagnosis);
  // Calls `on_part` with each part of the recording, until it returns false.
  Outcome export_windows(const std::function<bool(const std::string&)>& on_part);
  Outcome get_config(v1::Config& config);
  Outcome validate_config(const v1::ValidateConfigRequest& request, v1::ConfigReview& review);
  Outcome apply_config(const v1::ApplyConfigRequest& request, v1::ConfigReview& review);
  Outcome set_limit(const v1::SetLimitRequest& request, v1::Status& status);
  Outcome unpin(const v1::OrderRequest& request, v1::Status& status);
  Outcome rollback(const v1::RollbackRequest& request, v1::Status& status);
  Outcome set_bounds(const v1::SetBoundsRequest& request, v1::Status& status);
  Outcome retune(const v1::RetuneRequest& request, v1::Status& status);
  Outcome pause(const v1::OrderRequest& request, v1::Status& status);
  Outcome resume(const v1::OrderRequest& request, v1::Status& status);
  Outcome set_objective(const v1::SetObjectiveRequest& request, v1::Status& status);
  Outcome set_mode(const v1::SetModeRequest& request, v1::Status& status);

  // The sidecar's own word on whether it serves: the standard health check. Refused where it
  // drains.
  Outcome health();
  // Where it waits, it has no deadline: the drain has its own.
  Outcome drain(const v1::LifecycleDrainRequest& request, v1::LifecycleDrainResponse& response);

  // Calls `on_event` for each event until it returns false or the stream ends.
  Outcome watch(const v1::WatchRequest& request,
                const std::function<bool(const v1::WatchEvent&)>& on_event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::ctl
