#include "service/upstream_probe.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "service/platform/units.hpp"

namespace sweetspot::service {
namespace {

using platform::UpstreamAnswer;
using Kind = UpstreamAnswer::Kind;
using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_line = 100;  // of an answer, as it is shown

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// False where the time is up.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0;
  }
}

// Empty where connected.
std::string connect(int fd, const addrinfo& address, Clock::time_point deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return std::strerror(errno);
  if (!wait_for(fd, POLLOUT, deadline)) return "no answer to a connect in time";
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "" : std::strerror(error);
}

// The answer's beginning: to the end of its first line, of the stream, or of what fits.
std::string read_line(int fd, Clock::time_point deadline) {
  std::string text;
  std::array<char, 256> part;
  while (text.size() < longest_line && text.find('\n') == std::string::npos) {
    if (!wait_for(fd, POLLIN, deadline)) break;
    const ssize_t got = ::recv(fd, part.data(), part.size(), 0);
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text.substr(0, std::min(text.find_first_of("\r\n"), longest_line));
}

UpstreamAnswer converse(int fd, const std::string& host, Clock::time_point deadline,
                        const std::string& field) {
  const std::string request = "OPTIONS * HTTP/1.1\r\nHost: " + host +
                              "\r\nUser-Agent: sweetspot-doctor\r\n" +
                              (field.empty() ? "" : field + "\r\n") + "Connection: close\r\n\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return {Kind::silent, "it closed the connection"};
  const std::string line = read_line(fd, deadline);
  if (line.empty())
    return {Kind::silent,
            Clock::now() >= deadline ? "nothing came in time" : "it closed the connection"};
  if (!field.empty() && line.starts_with("HTTP/1.1 508")) return {Kind::loop, line};
  return {line.starts_with("HTTP/1.") ? Kind::http : Kind::no_http, line};
}

}  // namespace

UpstreamAnswer ask_upstream(const std::string& host, std::uint16_t port,
                            std::chrono::milliseconds patience, const std::string& field) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found))
    return {Kind::unreachable, ::gai_strerror(error)};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, &::freeaddrinfo);
  const auto deadline = Clock::now() + patience;
  std::string problem;
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    const Socket socket(
        ::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, one->ai_protocol));
    if (socket.fd() < 0)
      problem = std::strerror(errno);
    else if (problem = connect(socket.fd(), *one, deadline); problem.empty())
      return converse(socket.fd(), platform::format_endpoint({.host = host, .port = port}),
                      deadline, field);
  }
  return {Kind::unreachable, problem};
}

}  // namespace sweetspot::service
