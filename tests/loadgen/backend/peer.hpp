#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sweetspot::backend {

// A blocking connection to a server under test, on loopback.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Peer() { ::close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool is_connected() const { return connected_; }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Blocks. Empty where the server closed or reset.
  std::string receive_some() {
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    return {buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }

  // Bytes up to and with `mark`; all there were where the server closed first.
  std::string receive_through(std::string_view mark) {
    while (pending_.find(mark) == std::string::npos) {
      const std::string more = receive_some();
      if (more.empty()) return std::exchange(pending_, {});
      pending_ += more;
    }
    const auto end = pending_.find(mark) + mark.size();
    const std::string taken = pending_.substr(0, end);
    pending_.erase(0, end);
    return taken;
  }

  std::string receive_exactly(std::size_t size) {
    while (pending_.size() < size) {
      const std::string more = receive_some();
      if (more.empty()) break;
      pending_ += more;
    }
    const std::string taken = pending_.substr(0, size);
    pending_.erase(0, size);
    return taken;
  }

  struct Response {
    std::string head, body;
    int status = 0;
  };

  Response receive_response(bool has_body = true) {
    Response response;
    response.head = receive_through("\r\n\r\n");
    if (response.head.size() > 12) response.status = std::stoi(response.head.substr(9, 3));
    constexpr std::string_view field = "Content-Length: ";
    const auto at = response.head.find(field);
    if (has_body && at != std::string::npos) {
      response.body = receive_exactly(std::stoul(response.head.substr(at + field.size())));
    }
    return response;
  }

  Response ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\nContent-Length: ");
    send(text.append(std::to_string(body.size())).append("\r\n\r\n").append(body));
    return receive_response(method != "HEAD");
  }

 private:
  int socket_;
  bool connected_ = false;
  std::string pending_;
};

}  // namespace sweetspot::backend
