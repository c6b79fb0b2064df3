#pragma once

#include <set>
#include <string>

#include "service/observe/log.hpp"
#include "service/proxy/server.hpp"

namespace sweetspot::service {

// Logs which address of the upstream takes no connection, and when it does again, as requests found
// it. On the control thread.
class UpstreamWatch {
 public:
  UpstreamWatch(const proxy::Server& server, const observe::Log& log)
      : server_(server), log_(log) {}

  void each_second();

 private:
  const proxy::Server& server_;
  const observe::Log& log_;
  std::set<std::string> down_;
};

}  // namespace sweetspot::service
