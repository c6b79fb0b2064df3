#pragma once

#include <memory>
#include <string>
#include <vector>

#include "service/config/load.hpp"

namespace sweetspot::service {

// The whole sidecar. Owns every part and wires them; run() returns when it has ended.
class App {
 public:
  // The command line and what it was read as; it is read again at each reload.
  App(std::vector<std::string> arguments, config::Loaded loaded);
  ~App();

  // The process's exit code. What failed has been logged.
  enum class Exit { drained = 0, configuration = 2, cannot_bind = 3 };
  Exit run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::service
