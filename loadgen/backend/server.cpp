#include "loadgen/backend/server.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "loadgen/backend/connection.hpp"

namespace sweetspot::backend {
namespace {

constexpr std::size_t stack_bytes = 128 * 1024;
constexpr int backlog = 4096;

// A listening socket on one of the addresses, or -1 with errno.
int listen_on(const addrinfo& address) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return -1;
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket, address.ai_addr, address.ai_addrlen) == 0 && ::listen(socket, backlog) == 0) {
    return socket;
  }
  const int error = errno;
  ::close(socket);
  errno = error;
  return -1;
}

std::uint16_t port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace

Server::Server(Settings settings)
    : settings_(std::move(settings)),
      site_(settings_.model),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Server::~Server() {
  if (site_.listener >= 0) ::close(site_.listener);
  ::close(wake_);
}

std::string Server::bind() {
  const auto& [host, port] = settings_.listen;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  std::string why = error != 0 ? ::gai_strerror(error) : "";
  if (error == 0) {
    site_.listener = listen_on(*found);
    if (site_.listener < 0) why = std::strerror(errno);
    ::freeaddrinfo(found);
  }
  if (site_.listener < 0) {
    return "cannot listen on " + platform::format_endpoint(settings_.listen) + ": " + why;
  }
  port_ = port_of(site_.listener);
  site_.threads.add(1 + site_.model->threads());
  return {};
}

bool Server::is_full() {
  std::lock_guard lock(mutex_);
  return live_.size() >= static_cast<std::size_t>(settings_.max_threads);
}

void Server::run(int stop) {
  while (true) {
    // A full house leaves newcomers in the kernel's accept queue.
    std::array<pollfd, 3> watched{
        {{stop, POLLIN, 0}, {wake_, POLLIN, 0}, {is_full() ? -1 : site_.listener, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) break;
    if (watched[0].revents != 0) break;
    if (watched[1].revents != 0) reap();
    if (watched[2].revents != 0) accept_one();
  }
  end_all();
}

void Server::accept_one() {
  const int socket = ::accept4(site_.listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) {
    // Out of descriptors: wait for a connection to end rather than spin on the listener.
    if (errno == EMFILE || errno == ENFILE) {
      pollfd ended{wake_, POLLIN, 0};
      ::poll(&ended, 1, 100);
    }
    return;
  }
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  std::lock_guard lock(mutex_);  // the thread may end before its link knows of it
  live_.emplace_front().socket = socket;
  site_.threads.add(1);
  const auto link = live_.begin();
  if (!link->thread.start(stack_bytes, [this, link] { serve(link); })) {
    ::close(socket);
    site_.threads.add(-1);
    live_.erase(link);
  }
}

void Server::serve(Links::iterator link) {
  Connection(link->socket, site_).run();
  std::lock_guard lock(mutex_);
  ::close(link->socket);
  ended_.splice(ended_.begin(), live_, link);
  site_.threads.add(-1);
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_, &one, sizeof one));
}

void Server::reap() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(wake_, &count, sizeof count));
  Links ended;
  {
    std::lock_guard lock(mutex_);
    ended.swap(ended_);
  }
}  // joins them

void Server::end_all() {
  site_.stopping = true;
  site_.faults.stop();
  site_.model->stop();
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (true) {
    {
      // First no more requests; then, for those stuck with a peer that does not read, no answers.
      const int how = std::chrono::steady_clock::now() < patience ? SHUT_RD : SHUT_RDWR;
      std::lock_guard lock(mutex_);
      for (const Link& link : live_) ::shutdown(link.socket, how);
      if (live_.empty()) break;
    }
    pollfd ended{wake_, POLLIN, 0};
    ::poll(&ended, 1, 100);
    reap();
  }
  reap();
}

}  // namespace sweetspot::backend
