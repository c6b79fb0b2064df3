#include "service/proxy/listener.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

using namespace std::chrono_literals;

namespace {

constexpr auto pause_length = 100ms;

std::string describe(const Endpoint& endpoint, const char* problem) {
  return "cannot listen on " + endpoint.host + ":" + std::to_string(endpoint.port) + ": " + problem;
}

std::uint16_t bound_port(int socket) {
  tcp::endpoint bound;
  auto size = static_cast<socklen_t>(bound.capacity());
  if (::getsockname(socket, bound.data(), &size) != 0) return 0;
  bound.resize(size);
  return bound.port();
}

int bind_to(const addrinfo& address, bool shared) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return -1;
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited by what is accepted
  if (::bind(socket, address.ai_addr, address.ai_addrlen) == 0 &&
      ::listen(socket, listen_backlog) == 0) {
    return socket;
  }
  const int problem = errno;
  ::close(socket);
  errno = problem;
  return -1;
}

}  // namespace

int bind_listener(const Endpoint& endpoint, bool shared, std::uint16_t& port, std::string& error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* addresses = nullptr;
  const char* host = endpoint.host.empty() ? nullptr : endpoint.host.c_str();
  const int problem =
      ::getaddrinfo(host, std::to_string(port).c_str(), &hints, &addresses);
  if (problem != 0) {
    error = describe(endpoint, ::gai_strerror(problem));
    return -1;
  }
  int socket = -1;
  for (const addrinfo* one = addresses; one != nullptr && socket < 0; one = one->ai_next) {
    socket = bind_to(*one, shared);
  }
  if (socket < 0) error = describe(endpoint, std::strerror(errno));
  ::freeaddrinfo(addresses);
  if (socket >= 0) port = bound_port(socket);
  return socket;
}

Listener::Listener(Worker& worker)
    : worker_(worker),
      acceptor_(worker.io().get_executor()),
      pause_(worker.io().get_executor()) {}

void Listener::open(int socket) {
  tcp::endpoint bound;
  auto size = static_cast<socklen_t>(bound.capacity());
  ::getsockname(socket, bound.data(), &size);
  acceptor_.assign(bound.protocol(), socket);
  accept();
}

void Listener::accept() {
  if (!has_room()) {
    is_paused_ = true;  // until a connection ends
    return;
  }
  acceptor_.async_accept([this](error_code error, Socket socket) {
    if (!error) take(std::move(socket));  // also where the listener was closed meanwhile
    if (!acceptor_.is_open()) return;
    if (error && error != asio::error::connection_aborted) {
      // Out of descriptors or memory: whoever is in the queue stays there for now.
      is_paused_ = true;
      pause_.expires_after(pause_length);
      pause_.async_wait([this](error_code cancelled) {
        if (!cancelled) retry();
      });
      return;
    }
    accept();
  });
}

void Listener::retry() {
  if (!is_paused_ || !acceptor_.is_open()) return;
  is_paused_ = false;
  pause_.cancel();
  accept();
}

void Listener::close() {
  error_code error;
  acceptor_.non_blocking(true, error);
  while (acceptor_.is_open() && !error) {
    Socket socket(worker_.io().get_executor());
    acceptor_.accept(socket, error);
    if (!error) take(std::move(socket));
    if (error == asio::error::connection_aborted) error = {};
  }
  stop();
}

void Listener::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

bool Listener::has_room() const {
  const Settings& settings = worker_.settings();
  return worker_.session_count() <
         std::max<std::size_t>(1, settings.max_connections / static_cast<std::size_t>(settings.workers));
}

void Listener::take(Socket socket) { worker_.begin_session(std::move(socket)); }

}  // namespace sweetspot::proxy
