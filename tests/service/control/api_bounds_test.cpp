// What the control API allows one connection, seen by a peer that speaks HTTP/2 by hand (RFC 9113).
#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tests/service/control/running_api.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int no_error = 0;
enum Kind : unsigned char { settings = 4, ping = 6, goaway = 7 };

// One connection, which answers nothing that it is sent unless it is told to.
class Peer {
 public:
  explicit Peer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval long_enough{60, 0};  // then something hangs
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &long_enough, sizeof long_enough);
    send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    send(frame(settings, 0, {}));
  }
  ~Peer() { ::close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  struct Frame {
    unsigned char kind = 0, flags = 0;
    std::string payload;
  };

  // The next frame; nothing once the connection is closed.
  std::optional<Frame> next() {
    const auto head = read(9);
    if (!head) return {};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>((*head)[i]); };
    const auto payload = read(std::size_t{byte(0)} << 16 | std::size_t{byte(1)} << 8 | byte(2));
    if (!payload) return {};
    return Frame{byte(3), byte(4), *payload};
  }

  std::optional<Frame> next(Kind kind) {
    auto found = next();
    while (found && found->kind != kind) found = next();
    return found;
  }

  void acknowledge(const Frame& asked) { send(frame(Kind{asked.kind}, 1, asked.payload)); }

 private:
  static std::string frame(Kind kind, unsigned char flags, std::string_view payload) {
    std::string bytes{'\0', '\0', static_cast<char>(payload.size()), static_cast<char>(kind),
                      static_cast<char>(flags)};
    return bytes.append(4, '\0').append(payload);
  }
  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::optional<std::string> read(std::size_t size) const {
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size;) {
      const auto got = ::recv(socket_, bytes.data() + at, size - at, 0);
      EXPECT_TRUE(got >= 0 || errno == ECONNRESET) << "nothing came for a minute";
      if (got <= 0) return {};
      at += static_cast<std::size_t>(got);
    }
    return bytes;
  }

  int socket_;
};

// Waits until the server has closed the connection; pings are answered. The error code of the
// GOAWAY that came before (RFC 9113, section 6.8); nothing where none came.
std::optional<int> code_of_the_end(Peer& peer) {
  std::optional<int> code;
  while (const auto frame = peer.next()) {
    if (frame->kind == goaway && frame->payload.size() >= 8) code = frame->payload[7];
    if (frame->kind == ping && frame->flags == 0) peer.acknowledge(*frame);
  }
  return code;
}

TEST(ApiBounds, a_connection_that_is_old_is_told_to_come_again) {
  tests::RunningApi api({}, {.age = 100ms, .grace = 100ms});
  Peer peer(api.port);
  EXPECT_EQ(code_of_the_end(peer), no_error);
}

TEST(ApiBounds, a_connection_without_a_call_is_closed) {
  tests::RunningApi api({}, {.idle = 100ms});
  Peer peer(api.port);
  EXPECT_TRUE(code_of_the_end(peer).has_value());
}

TEST(ApiBounds, a_peer_that_answers_pings_is_kept) {
  tests::RunningApi api({}, {.keepalive = 50ms, .patience = 30s});
  Peer peer(api.port);
  for (int i = 0; i < 3; ++i) {
    const auto asked = peer.next(ping);
    ASSERT_TRUE(asked);
    peer.acknowledge(*asked);
  }
}

TEST(ApiBounds, a_peer_that_answers_no_ping_is_given_up) {
  tests::RunningApi api({}, {.keepalive = 50ms, .patience = 50ms});
  Peer peer(api.port);
  ASSERT_TRUE(peer.next(ping));
  while (peer.next()) {
  }
}

TEST(ApiBounds, a_connection_has_so_many_streams_and_no_more) {
  tests::RunningApi api;
  Peer peer(api.port);
  const auto told = peer.next(settings);
  ASSERT_TRUE(told);
  // SETTINGS_MAX_CONCURRENT_STREAMS is 2048, SETTINGS_MAX_HEADER_LIST_SIZE 8192.
  EXPECT_THAT(told->payload, HasSubstr(std::string("\0\3\0\0\x08\0", 6)));
  EXPECT_THAT(told->payload, HasSubstr(std::string("\0\6\0\0\x20\0", 6)));
}

}  // namespace
}  // namespace sweetspot::control
