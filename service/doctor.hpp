#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "service/config/settings.hpp"
#include "service/platform/diagnosis.hpp"
#include "service/platform/process.hpp"

namespace boost::asio {
class io_context;
}

namespace sweetspot::service {

// Looks at the machine, the processes, the configuration and the upstream, one diagnosis at a time.
// On the control loop's thread; what may block runs on a thread that lives as long as that takes.
class Doctor {
 public:
  using Findings = std::vector<platform::Finding>;

  // Which of the upstream's addresses are listeners of ours; empty for none.
  using NameOwnUpstream = std::function<std::string()>;

  // Both are asked on the control thread; `find_backend` is null where no backend process is
  // configured. `probe_field` is the line by which the proxy knows a question of ours.
  Doctor(boost::asio::io_context& loop, int start_size, platform::FindProcess find_backend,
         NameOwnUpstream own_upstream, std::string probe_field);
  ~Doctor();  // waits for a diagnosis under way

  // Calls `done` on the loop's thread. False, and it is not called, while another one runs.
  bool examine(const config::Config& config, std::function<void(const Findings&)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::service
