#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sweetspot::engine {

// One connection as a script sees it.
class Conversation {
 public:
  Conversation(int socket, std::atomic<int>& requests) : socket_(socket), requests_(requests) {}

  // The next request's head; empty where the client left. Counted.
  std::string read_head() {
    while (pending_.find("\r\n\r\n") == std::string::npos) {
      if (!read_more()) return {};
    }
    ++requests_;
    const auto end = pending_.find("\r\n\r\n") + 4;
    const std::string head = pending_.substr(0, end);
    pending_.erase(0, end);
    return head;
  }

  std::string read_body(std::size_t size) {
    while (pending_.size() < size && read_more()) {
    }
    const std::string body = pending_.substr(0, size);
    pending_.erase(0, body.size());
    return body;
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  // Says nothing until the client has left.
  void hang() {
    while (read_more()) {
    }
  }

 private:
  bool read_more() {
    char buffer[4096];
    const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got > 0) pending_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  int socket_;
  std::atomic<int>& requests_;
  std::string pending_;
};

// A server on loopback that does to every connection what its script says, then closes it.
class ScriptedServer {
 public:
  using Script = std::function<void(Conversation&)>;

  // On loopback, or at the path of a Unix socket.
  explicit ScriptedServer(Script script, std::string path = {})
      : script_(std::move(script)),
        path_(std::move(path)),
        listener_(::socket(path_.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    path_.empty() ? bind_to_loopback() : bind_to_path();
    acceptor_ = std::jthread([this] { accept_all(); });
  }

  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  // Answers every request on every connection with these bytes.
  static Script always(std::string answer) {
    return [answer = std::move(answer)](Conversation& peer) {
      while (!peer.read_head().empty()) peer.write(answer);
    };
  }

  // The same, but then closes.
  static Script once(std::string answer) {
    return [answer = std::move(answer)](Conversation& peer) {
      peer.read_head();
      peer.write(answer);
    };
  }

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  int requests() const { return requests_; }

 private:
  void bind_to_loopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 1024);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  void bind_to_path() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    ::unlink(path_.c_str());
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 1024);
  }

  void accept_all() {
    std::list<std::jthread> threads;
    while (true) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      ++connections_;
      threads.emplace_back([this, socket] {
        Conversation peer(socket, requests_);
        script_(peer);
        ::close(socket);
      });
    }
  }

  Script script_;
  std::string path_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0, requests_ = 0;
  std::jthread acceptor_;
};

}  // namespace sweetspot::engine
