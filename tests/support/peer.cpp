#include "tests/support/peer.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

namespace sweetspot::support {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool wait_for(int socket, short events, std::chrono::milliseconds time = patience) {
  pollfd poll{socket, events, 0};
  return ::poll(&poll, 1, static_cast<int>(time.count())) > 0;
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

Peer::Peer(int socket) : socket_(socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Peer::Peer(Peer&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      was_reset_(other.was_reset_),
      unread_(std::move(other.unread_)) {}

Peer& Peer::operator=(Peer&& other) noexcept {
  close();
  socket_ = std::exchange(other.socket_, -1);
  was_reset_ = other.was_reset_;
  unread_ = std::move(other.unread_);
  return *this;
}

Peer Peer::connect_to(std::uint16_t port, int receive_buffer) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const sockaddr_in address = loopback(port);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket);
    return Peer();
  }
  return Peer(socket);
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(socket_, POLLOUT)) return false;
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Peer::read(std::size_t bytes) {
  while (unread_.size() < bytes && fill()) {
  }
  const std::string got = unread_.substr(0, bytes);
  unread_.erase(0, got.size());
  return got;
}

std::string Peer::read_until(std::string_view end) {
  std::size_t at = 0;
  while ((at = unread_.find(end)) == std::string::npos && fill()) {
  }
  return read(at == std::string::npos ? unread_.size() : at + end.size());
}

std::string Peer::read_response() {
  std::string response = read_head();
  const std::string field = "\r\ncontent-length: ";
  std::string lower = response;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  const std::size_t at = lower.find(field);
  if (at == std::string::npos) return response;
  return response + read(std::strtoul(response.c_str() + at + field.size(), nullptr, 10));
}

std::string Peer::read_to_end() {
  while (fill()) {
  }
  return std::exchange(unread_, {});
}

bool Peer::has_ended() {
  while (fill()) {
  }
  return socket_ < 0 || !wait_for(socket_, POLLIN, std::chrono::milliseconds(0)) ? false : true;
}

bool Peer::has_bytes() {
  char byte;
  return !unread_.empty() || ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool Peer::fill() {
  if (socket_ < 0 || !wait_for(socket_, POLLIN)) return false;
  char bytes[65536];
  const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got < 0) was_reset_ = errno == ECONNRESET;
  if (got <= 0) return false;
  unread_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

void Peer::shutdown_send() { ::shutdown(socket_, SHUT_WR); }

void Peer::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

Origin::Origin(bool listens) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  if (listens) listen();
}

void Origin::listen() {
  if (::listen(socket_, 128) != 0) std::abort();
}

Origin::~Origin() { stop_listening(); }

Peer Origin::accept() {
  if (!wait_for(socket_, POLLIN)) return Peer();
  return Peer(::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC));
}

bool Origin::has_connection() { return wait_for(socket_, POLLIN, std::chrono::milliseconds(0)); }

void Origin::stop_listening() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

}  // namespace sweetspot::support
