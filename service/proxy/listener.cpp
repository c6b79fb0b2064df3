#include "service/proxy/listener.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "service/proxy/upstream/addresses.hpp"
#include "service/proxy/worker.hpp"

namespace sweetspot::proxy {

using namespace std::chrono_literals;

namespace {

constexpr auto pause_length = 100ms;

std::string describe(const Endpoint& endpoint, const char* problem) {
  return "cannot listen on " + format(endpoint) + ": " + problem;
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  return port_of(reinterpret_cast<const sockaddr*>(&bound));
}

// -1 with errno where it could not be bound.
int bind_to(const sockaddr* address, socklen_t size, bool shared) {
  const int socket = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return -1;
  if (address->sa_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared) ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted ones inherit it
  }
  if (::bind(socket, address, size) == 0 && ::listen(socket, listen_backlog) == 0) return socket;
  const int problem = errno;
  ::close(socket);
  errno = problem;
  return -1;
}

int bind_tcp(const Endpoint& endpoint, bool shared, std::string& error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* addresses = nullptr;
  const char* host = endpoint.host.empty() ? nullptr : endpoint.host.c_str();
  const int problem =
      ::getaddrinfo(host, std::to_string(endpoint.port).c_str(), &hints, &addresses);
  if (problem != 0) {
    error = describe(endpoint, ::gai_strerror(problem));
    return -1;
  }
  int socket = -1;
  for (const addrinfo* one = addresses; one != nullptr && socket < 0; one = one->ai_next)
    socket = bind_to(one->ai_addr, one->ai_addrlen, shared);
  if (socket < 0) error = describe(endpoint, std::strerror(errno));
  ::freeaddrinfo(addresses);
  return socket;
}

bool somebody_listens(const Address& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0;
  ::close(probe);
  return connected;
}

// What an instance that was killed has left is in the way, and nobody's.
int bind_unix(const Endpoint& endpoint, std::string& error) {
  const auto address = literal_address(endpoint);
  if (!address) {
    error = describe(endpoint, "the path is too long");
    return -1;
  }
  const auto bind = [&] {
    return bind_to(reinterpret_cast<const sockaddr*>(&address->storage), address->size, false);
  };
  int socket = bind();
  if (socket < 0 && errno == EADDRINUSE) {
    if (!somebody_listens(*address)) {
      forget_listener(endpoint);
      socket = bind();
    } else {
      errno = EADDRINUSE;
    }
  }
  if (socket < 0) error = describe(endpoint, std::strerror(errno));
  return socket;
}

// Of the segments that come for a listening socket, drops those that begin a connection: they carry
// no acknowledgement (RFC 9293, 3.5). The kernel shows a filter the TCP header, flags at 13.
void drop_new_connections(int socket) {
  constexpr std::uint32_t flags_at = 13, acknowledges = 0x10, all = 0xffffffff;
  std::array<sock_filter, 4> code{
      sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_at),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, acknowledges, 1, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, all),
  };
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace

std::vector<int> bind_listeners(Endpoint& endpoint, std::size_t workers, std::string& error) {
  std::vector<int> sockets;
  const auto keep = [&](int socket) {
    if (socket >= 0) sockets.push_back(socket);
    return socket >= 0;
  };
  if (is_unix(endpoint)) {  // all accept from one queue
    if (!keep(bind_unix(endpoint, error))) return {};
    while (sockets.size() < workers && keep(::fcntl(sockets.front(), F_DUPFD_CLOEXEC, 0))) {
    }
    return sockets;
  }
  if (workers > 1) {
    // With SO_REUSEPORT a second instance would silently share the port: without it, it fails.
    const int probe = bind_tcp(endpoint, false, error);
    if (probe < 0) return {};
    endpoint.port = bound_port(probe);
    ::close(probe);
  }
  while (sockets.size() < workers && keep(bind_tcp(endpoint, workers > 1, error)))
    endpoint.port = bound_port(sockets.back());
  if (sockets.size() == workers) return sockets;
  for (const int socket : sockets) ::close(socket);
  return {};
}

void forget_listener(const Endpoint& endpoint) {
  struct stat seen {};
  const std::string path = is_unix(endpoint) ? endpoint.host.substr(sizeof "unix:" - 1) : "";
  if (!path.empty() && ::lstat(path.c_str(), &seen) == 0 && S_ISSOCK(seen.st_mode))
    ::unlink(path.c_str());
}

Listener::Listener(Worker& worker, int socket, const Listen& how)
    : worker_(worker),
      how_(how),
      acceptor_(worker.io().get_executor()),
      pause_(worker.io().get_executor()) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size);
  acceptor_.assign(Protocol(bound.ss_family, 0), socket);
  accept();
}

void Listener::accept() {
  if (!has_room()) {
    is_paused_ = true;  // until a connection ends
    return;
  }
  acceptor_.async_accept([this](error_code error, Socket socket) {
    if (!error) take(std::move(socket));  // also where the listener was closed meanwhile
    if (!acceptor_.is_open() || is_leaving_) return;
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
  if (!is_paused_ || is_leaving_ || !acceptor_.is_open()) return;
  is_paused_ = false;
  pause_.cancel();
  accept();
}

// A close resets whoever is in the queue, and somebody may come in between its last look and the
// close. So the kernel first stops to answer new ones, who will be refused when they ask again, and
// those whom it has answered are given a moment to arrive.
void Listener::leave() {
  is_leaving_ = true;
  is_paused_ = false;
  if (!is_unix(how_.endpoint)) drop_new_connections(acceptor_.native_handle());
  accept_queue();
  pause_.expires_after(arrival_time);
  pause_.async_wait([this](error_code cancelled) {
    if (cancelled) return;
    accept_queue();
    stop();
    worker_.consider_emptied();
  });
}

void Listener::accept_queue() {
  error_code error;
  acceptor_.cancel(error);
  acceptor_.non_blocking(true, error);
  while (acceptor_.is_open() && !error) {
    Socket socket(worker_.io().get_executor());
    acceptor_.accept(socket, error);
    if (!error) take(std::move(socket));
    if (error == asio::error::connection_aborted) error = {};
  }
}

void Listener::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

bool Listener::has_room() const {
  const Settings& settings = worker_.settings();
  return worker_.session_count() <
         std::max<std::size_t>(
             1, settings.max_connections / static_cast<std::size_t>(settings.workers));
}

void Listener::take(Socket socket) {
  Worker& owner = worker_.least_loaded();
  if (&owner == &worker_) return worker_.begin_session(std::move(socket), how_);
  error_code error;
  const int handle = socket.release(error);
  if (!error) owner.adopt(handle, how_);
}

}  // namespace sweetspot::proxy
