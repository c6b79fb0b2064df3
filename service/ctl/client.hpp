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
};

// What a call brought: nothing wrong, or a sentence on what is.
struct Outcome {
  Exit exit = Exit::done;
  std::string error;
};

// One sidecar's control API, one call at a time, on the caller's thread.
class Client {
 public:
  Client(const std::string& address, std::chrono::nanoseconds timeout);
  ~Client();

  Outcome get_status(v1::Status& status);
  Outcome set_limit(std::int32_t limit, const std::string& comment, v1::Status& status);
  Outcome retune(const std::string& comment, v1::Status& status);

  // The sidecar's own word on whether it serves: the standard health check. Refused where it drains.
  Outcome health();
  // Where it waits, it has no deadline: the drain has its own.
  Outcome drain(bool wait, v1::LifecycleDrainResponse& response);

  // Calls `on_event` for each event until it returns false or the stream ends.
  Outcome watch(std::uint32_t status_interval_ms,
                const std::function<bool(const v1::WatchEvent&)>& on_event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::ctl
