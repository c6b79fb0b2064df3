#include "loadgen/backend/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "peer.hpp"

namespace sweetspot::backend {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A server that serves until the end of the test.
class Running {
 public:
  explicit Running(Settings settings = quick()) : server_(std::move(settings)) {
    EXPECT_EQ(server_.bind(), "");
    thread_ = std::jthread([this] { server_.run(stop_); });
  }
  ~Running() { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    ::eventfd_write(stop_, 1);
    thread_.join();
    ::close(stop_);
  }

  std::uint16_t port() const { return server_.port(); }

  nlohmann::json stats() {
    Peer peer(port());
    return nlohmann::json::parse(peer.ask("GET", "/stats").body);
  }

  static Settings quick() {
    Settings settings;
    settings.model = {.kind = ModelKind::sleep, .parallelism = 8, .service_time = 10us};
    return settings;
  }

  // Requests go on until the test ends.
  static Settings endless() {
    Settings settings;
    settings.model = {.kind = ModelKind::sleep, .parallelism = 1000, .service_time = 1h};
    return settings;
  }

 private:
  int stop_ = ::eventfd(0, EFD_CLOEXEC);
  Server server_;
  std::jthread thread_;
};

TEST(Backend, answers_with_a_hundred_bytes_on_one_connection_as_often_as_asked) {
  Running server;
  Peer peer(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto response = peer.ask("GET", "/");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body.size(), 100u);
  }
}

TEST(Backend, gives_as_many_bytes_as_the_target_asks_for) {
  Running server;
  Peer peer(server.port());
  EXPECT_EQ(peer.ask("GET", "/?bytes=0").body.size(), 0u);
  EXPECT_EQ(peer.ask("GET", "/any/path?bytes=5000000").body.size(), 5'000'000u);
}

TEST(Backend, answers_head_with_the_length_but_no_body) {
  Running server;
  Peer peer(server.port());
  EXPECT_THAT(peer.ask("HEAD", "/").head, HasSubstr("Content-Length: 100"));
  EXPECT_EQ(peer.ask("GET", "/").status, 200);
}

TEST(Backend, drops_the_bodies_of_requests_but_echoes_where_asked_to) {
  Running server;
  Peer peer(server.port());
  std::string body(1'000'000, 'x');
  body[500'000] = '\0';
  EXPECT_EQ(peer.ask("POST", "/", body).body.size(), 100u);
  EXPECT_EQ(peer.ask("POST", "/echo", body).body, body);
}

TEST(Backend, reads_chunked_bodies) {
  Running server;
  Peer peer(server.port());
  peer.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(peer.receive_response().body, "hello world");
  EXPECT_EQ(peer.ask("GET", "/").status, 200);
}

TEST(Backend, tells_a_client_that_expects_it_to_continue) {
  Running server;
  Peer peer(server.port());
  peer.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.receive_response().status, 100);
  peer.send("ok");
  EXPECT_EQ(peer.receive_response().body, "ok");
}

TEST(Backend, serves_requests_that_come_in_one_piece) {
  Running server;
  Peer peer(server.port());
  peer.send("GET /?bytes=1 HTTP/1.1\r\n\r\nGET /?bytes=2 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(peer.receive_response().body.size(), 1u);
  EXPECT_EQ(peer.receive_response().body.size(), 2u);
}

TEST(Backend, refuses_bad_requests_and_closes) {
  Running server;
  const std::pair<std::string, int> cases[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\n", 501},
      {"GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400}};
  for (const auto& [text, status] : cases) {
    Peer peer(server.port());
    peer.send(text);
    EXPECT_EQ(peer.receive_response().status, status);
    EXPECT_EQ(peer.receive_some(), "");
  }
}

TEST(Backend, tells_a_client_of_http_1_0_that_it_keeps_the_connection) {
  Running server;
  Peer peer(server.port());
  for (int i = 0; i < 2; ++i) {
    peer.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    EXPECT_THAT(peer.receive_response().head, HasSubstr("Connection: keep-alive\r\n"));
  }
  peer.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(peer.receive_response().head, HasSubstr("Connection: close\r\n"));
}

TEST(Backend, closes_when_the_client_wants_it) {
  Running server;
  Peer peer(server.port());
  peer.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(peer.receive_response().head, HasSubstr("Connection: close"));
  EXPECT_EQ(peer.receive_some(), "");
}

TEST(Backend, counts_work_but_not_questions_about_it) {
  Running server;
  Peer peer(server.port());
  for (int i = 0; i < 5; ++i) peer.ask("GET", "/");
  // An answer is out a moment before its thread goes on, or a question's thread ends: then there
  // are the acceptor's, the peer's and that of the question itself.
  auto stats = server.stats();
  while (stats["in_flight"] != 0 || stats["threads"] != 3) stats = server.stats();
  EXPECT_EQ(stats["served"], 5);
  EXPECT_EQ(stats["peak_in_flight"], 1);
}

TEST(Backend, keeps_a_thread_for_each_connection_until_it_is_closed) {
  Running server;
  {
    std::list<Peer> peers;
    for (int i = 0; i < 20; ++i) peers.emplace_back(server.port()).ask("GET", "/");
    EXPECT_EQ(server.stats()["threads"], 22);
  }
  while (server.stats()["threads"] != 2) std::this_thread::yield();
  EXPECT_GE(server.stats()["peak_threads"], 22);
}

TEST(Backend, lets_connections_beyond_its_threads_wait_to_be_accepted) {
  auto settings = Running::quick();
  settings.max_threads = 2;
  Running server(settings);
  auto first = std::make_unique<Peer>(server.port());
  Peer second(server.port());
  EXPECT_EQ(first->ask("GET", "/").status, 200);
  EXPECT_EQ(second.ask("GET", "/").status, 200);

  Peer third(server.port());
  ASSERT_TRUE(third.is_connected());
  third.send("GET / HTTP/1.1\r\n\r\n");
  while (nlohmann::json::parse(second.ask("GET", "/stats").body)["accept_queue"] != 1) {
  }
  first.reset();  // makes room
  EXPECT_EQ(third.receive_response().status, 200);
  EXPECT_EQ(nlohmann::json::parse(second.ask("GET", "/stats").body)["peak_threads"], 3);
}

TEST(Backend, serves_hundreds_of_connections_at_once) {
  Running server;
  std::list<Peer> peers;
  for (int i = 0; i < 400; ++i) {
    peers.emplace_back(server.port());
    ASSERT_TRUE(peers.back().is_connected());
    peers.back().send("GET / HTTP/1.1\r\n\r\n");
  }
  for (auto& peer : peers) EXPECT_EQ(peer.receive_response().status, 200);
}

TEST(Backend, fails_as_ordered_until_told_to_stop) {
  Running server;
  Peer peer(server.port());
  EXPECT_EQ(peer.ask("POST", "/fault", R"({"error_rate": 1})").status, 200);
  EXPECT_EQ(peer.ask("GET", "/").status, 500);
  EXPECT_EQ(peer.ask("POST", "/fault", "{}").status, 200);
  EXPECT_EQ(peer.ask("GET", "/").status, 200);
}

TEST(Backend, resets_connections_as_ordered) {
  Running server;
  Peer(server.port()).ask("POST", "/fault", R"({"reset_rate": 1})");
  Peer peer(server.port());
  peer.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(peer.receive_some(), "");
  EXPECT_EQ(server.stats()["served"], 0);
}

TEST(Backend, says_what_is_wrong_with_a_fault) {
  Running server;
  Peer peer(server.port());
  const auto response = peer.ask("POST", "/fault", R"({"laziness": 1})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("laziness"));
}

TEST(Backend, ends_with_requests_in_flight_and_connections_idle) {
  Running server(Running::endless());
  Peer idle(server.port()), busy(server.port());
  busy.send("GET / HTTP/1.1\r\n\r\n");
  while (server.stats()["in_flight"] != 1) std::this_thread::yield();
  server.stop();
  EXPECT_EQ(busy.receive_response().status, 503);
  EXPECT_EQ(idle.receive_some(), "");
}

TEST(Backend, says_why_it_cannot_listen) {
  Running server;
  auto settings = Running::quick();
  settings.listen.port = server.port();
  Server second(settings);
  EXPECT_THAT(second.bind(), HasSubstr("in use"));
}

}  // namespace
}  // namespace sweetspot::backend
