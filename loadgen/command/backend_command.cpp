#include <unistd.h>

#include <cstdio>

#include "loadgen/command/commands.hpp"
#include "loadgen/command/exit_codes.hpp"

namespace sweetspot::loadgen {

int execute(const BackendOptions& options, int stop) {
  backend::Server server(options);
  if (const std::string error = server.bind(); !error.empty()) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return exit_bind;
  }
  const auto address = platform::format_endpoint({options.listen.host, server.port()});
  std::printf("ready listen=%s pid=%d\n", address.c_str(), getpid());
  std::fflush(stdout);
  server.run(stop);
  return exit_ok;
}

}  // namespace sweetspot::loadgen
