#pragma once

#include <cstdint>
#include <string>

#include "service/file_watch.hpp"
#include "service/observe/log.hpp"
#include "service/proxy/server.hpp"

namespace sweetspot::service {

// Has the proxy read the files of TLS anew when they have changed, and logs that and handshakes
// that failed. On the control thread.
class TlsWatch {
 public:
  TlsWatch(const proxy::Settings& settings, proxy::Server& server, const observe::Log& log);

  void each_second();
  void reload();  // where TLS is configured

 private:
  void tell(const char* side, const proxy::TlsFailures::Reading& seen, std::uint64_t& told);

  const bool is_used_;
  FileWatch files_;
  proxy::Server& server_;
  const observe::Log& log_;
  std::uint64_t told_downstream_ = 0, told_upstream_ = 0;  // handshakes that failed
};

}  // namespace sweetspot::service
