#include "service/descriptors.hpp"

#include <unistd.h>

#include <algorithm>

#include "service/platform/machine.hpp"
#include "service/platform/rlimit.hpp"

namespace sweetspot::service {

proxy::Settings within_descriptors(const config::Config& config) {
  auto settings = config.proxy;
  if (const auto files = platform::open_file_limit_of(::getpid())) {
    const auto limit_max = static_cast<std::uint64_t>(config.limit.max);
    settings.max_connections = std::min<std::size_t>(
        settings.max_connections, platform::connections_within(*files, limit_max));
  }
  return settings;
}

}  // namespace sweetspot::service
