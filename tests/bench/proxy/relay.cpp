// The control of the proxy's benchmark: a relay that looks at nothing. Each client's connection has
// one of its own to the server, and what comes on one goes out on the other. What it costs is what
// moving the bytes costs, and a proxy can hardly cost less.
//   bench_relay SERVER_PORT
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Relay {
 public:
  Relay(int listener, int server_port) : listener_(listener), server_(loopback(server_port)) {
    watch(listener_);
  }

  void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(poller_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        const int socket = events[static_cast<std::size_t>(i)].data.fd;
        if (socket == listener_) {
          accept();
        } else if (const auto other = pairs_.find(socket); other != pairs_.end()) {
          pass_on(socket, other->second);
        }
      }
    }
  }

 private:
  void accept() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(server, reinterpret_cast<sockaddr*>(&server_), sizeof server_) != 0) {
      ::close(server);
      ::close(client);
      return;
    }
    for (const int socket : {client, server}) {
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(socket);
    }
    pairs_[client] = server;
    pairs_[server] = client;
  }

  void pass_on(int from, int to) {
    const ssize_t got = ::recv(from, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0 && ::send(to, buffer_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got)
      return;
    for (const int socket : {from, to}) {
      pairs_.erase(socket);
      ::close(socket);
    }
  }

  void watch(int socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    ::epoll_ctl(poller_, EPOLL_CTL_ADD, socket, &event);
  }

  const int listener_;
  const int poller_ = ::epoll_create1(EPOLL_CLOEXEC);
  sockaddr_in server_;
  std::unordered_map<int, int> pairs_;
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 4096) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return std::perror("bench_relay"), 3;
  }
  std::printf("ready proxy=127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  static Relay relay(listener, std::atoi(argv[1]));
  relay.run();
}
