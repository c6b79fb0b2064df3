#include "service/platform/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace sweetspot::platform {

void notify(const std::string& state) {
  const char* given = std::getenv("NOTIFY_SOCKET");
  if (given == nullptr) return;
  const std::string_view name(given);
  sockaddr_un address{};
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) return;
  if (name.front() != '/' && name.front() != '@') return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';  // an abstract one
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), size);
  ::close(socket);
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const char* given = std::getenv("WATCHDOG_USEC");
  const char* pid = std::getenv("WATCHDOG_PID");
  if (given == nullptr || (pid != nullptr && std::atol(pid) != ::getpid())) return {};
  const long long interval = std::atoll(given);
  if (interval <= 0) return {};
  return std::chrono::microseconds(interval);
}

}  // namespace sweetspot::platform
