#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sweetspot::support {

inline constexpr std::chrono::seconds patience{10};

// True as soon as the condition holds; false where it does not within `patience`.
bool eventually(const std::function<bool()>& condition);

// One end of a TCP connection that a test drives by hand, byte by byte. Reads wait, but not longer
// than `patience`: they return what came until then.
class Peer {
 public:
  Peer() = default;
  explicit Peer(int socket);
  Peer(Peer&& other) noexcept;
  Peer& operator=(Peer&& other) noexcept;
  ~Peer() { close(); }

  static Peer connect_to(std::uint16_t port, int receive_buffer = 0);

  bool is_open() const { return socket_ >= 0; }
  bool send(std::string_view bytes);  // all of it; false where the connection fails
  std::string read(std::size_t bytes);
  std::string read_until(std::string_view end);  // with the end
  std::string read_head() { return read_until("\r\n\r\n"); }
  std::string read_response();  // a head and a body with Content-Length
  std::string read_to_end();
  bool has_ended();  // waits for the other side's close; bytes before it are dropped
  bool was_reset() const { return was_reset_; }  // seen by a read

  bool has_bytes();  // now, without waiting
  void shutdown_send();
  void close();
  void reset();  // close with RST

 private:
  bool fill();  // reads once more; false at the end or out of patience

  int socket_ = -1;
  bool was_reset_ = false;
  std::string unread_;
};

// A server that answers what the test tells it to, and shows the bytes that it was sent.
class Origin {
 public:
  explicit Origin(bool listens = true);
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  std::uint16_t port() const { return port_; }
  Peer accept();          // waits; not open where nobody comes
  bool has_connection();  // one that was not accepted yet
  void listen();          // where it did not from the start: until then it refuses
  void stop_listening();

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace sweetspot::support
