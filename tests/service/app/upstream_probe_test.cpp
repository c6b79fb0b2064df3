#include "service/upstream_probe.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace sweetspot::service {
namespace {

using namespace std::chrono_literals;
using Kind = platform::UpstreamAnswer::Kind;
using testing::StartsWith;

// A listener on a free loopback port that gives one answer to one client.
class OneAnswer {
 public:
  OneAnswer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 8);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }

  void give(const std::string& answer) {
    thread_ = std::thread([this, answer] {
      const int client = ::accept(listener_, nullptr, nullptr);
      char part[1024];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(client, part, sizeof part, 0);
        if (got <= 0) break;
        request.append(part, static_cast<std::size_t>(got));
      }
      ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(client);
    });
  }
  platform::UpstreamAnswer ask(std::chrono::milliseconds patience = 10s,
                               const std::string& field = {}) const {
    return ask_upstream("127.0.0.1", port, patience, field);
  }

  std::uint16_t port = 0;
  std::string request;

 private:
  int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::thread thread_;
};

TEST(UpstreamProbe, tells_an_answer_of_http) {
  OneAnswer server;
  server.give("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
  const auto answer = server.ask();
  EXPECT_EQ(answer.kind, Kind::http);
  EXPECT_EQ(answer.detail, "HTTP/1.1 405 Method Not Allowed");
  EXPECT_THAT(server.request, StartsWith("OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST(UpstreamProbe, tells_who_speaks_something_else) {
  OneAnswer server;
  server.give("SSH-2.0-OpenSSH_9.2\r\n");
  const auto answer = server.ask();
  EXPECT_EQ(answer.kind, Kind::no_http);
  EXPECT_EQ(answer.detail, "SSH-2.0-OpenSSH_9.2");
}

TEST(UpstreamProbe, cuts_a_line_without_an_end) {
  OneAnswer server;
  server.give(std::string(100000, 'x'));
  EXPECT_EQ(server.ask().detail.size(), 100u);
}

TEST(UpstreamProbe, tells_who_closes_and_who_keeps_silent) {
  OneAnswer closes, silent;
  closes.give("");
  EXPECT_EQ(closes.ask().kind, Kind::silent);
  const auto answer = silent.ask(50ms);  // it listens, and nobody accepts
  EXPECT_EQ(answer.kind, Kind::silent);
  EXPECT_EQ(answer.detail, "nothing came in time");
}

TEST(UpstreamProbe, tells_who_is_not_there) {
  EXPECT_EQ(ask_upstream("127.0.0.1", 1, 10s).kind, Kind::unreachable);
  EXPECT_EQ(ask_upstream("127.0.0.1", 1, 10s).detail, "Connection refused");
  EXPECT_EQ(ask_upstream("no such name", 80, 10s).kind, Kind::unreachable);
}

TEST(UpstreamProbe, knows_its_own_question_that_has_come_back) {
  OneAnswer upstream;
  upstream.give("HTTP/1.1 508 Loop Detected\r\n\r\n");
  EXPECT_EQ(upstream.ask(10s, "sweetspot-probe: 7").kind, Kind::loop);
  EXPECT_THAT(upstream.request, testing::HasSubstr("\r\nsweetspot-probe: 7\r\n"));
}

}  // namespace
}  // namespace sweetspot::service
