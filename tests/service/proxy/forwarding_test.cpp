#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

using Proxy = ProxyTest;

TEST_F(Proxy, forwards_a_request_and_its_answer_unchanged) {
  start();
  Peer peer = client(get("/a?b=c", "X-One: 1\r\nAccept: */*\r\n"));
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), get("/a?b=c", "X-One: 1\r\nAccept: */*\r\n"));

  upstream.send(ok("hello", "Server: test\r\nX-Two: 2\r\n"));

  EXPECT_EQ(peer.read_response(), ok("hello", "Server: test\r\nX-Two: 2\r\n"));
  EXPECT_EQ(requests(Outcome::success), 1u);
}

TEST_F(Proxy, keeps_both_connections_for_the_next_request) {
  start();
  Peer peer = client();
  Peer upstream;
  for (const std::string path : {"/1", "/2", "/3"}) {
    peer.send(get(path));
    if (!upstream.is_open()) upstream = origin.accept();
    EXPECT_EQ(upstream.read_head(), get(path));
    upstream.send(ok(path));
    EXPECT_EQ(peer.read_response(), ok(path));
  }
  EXPECT_FALSE(origin.has_connection());
  EXPECT_EQ(recorders[0]->upstream_opens(), 1u);
  EXPECT_EQ(recorders[0]->upstream_reuses(), 2u);
}

TEST_F(Proxy, answers_pipelined_requests_in_order) {
  start();
  Peer peer = client(get("/1") + get("/2") + get("/3"));
  Peer upstream = origin.accept();
  for (const char* path : {"/1", "/2", "/3"}) {
    EXPECT_EQ(upstream.read_head(), get(path));
    EXPECT_FALSE(upstream.has_bytes());
    upstream.send(ok(path));
    EXPECT_EQ(peer.read_response(), ok(path));
  }
}

TEST_F(Proxy, strips_fields_of_the_connection_and_those_it_nominates) {
  start();
  Peer peer = client(get("/",
                         "Connection: keep-alive, x-secret, host, content-length\r\n"
                         "X-Secret: 1\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\n"
                         "TE: gzip\r\nX-Kept: 2\r\n"));
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), get("/", "X-Kept: 2\r\n"));

  upstream.send(
      "HTTP/1.1 200 OK\r\nConnection: x-inner\r\nX-Inner: 1\r\nX-Outer: 2\r\n"
      "Keep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n");

  EXPECT_EQ(peer.read_head(), "HTTP/1.1 200 OK\r\nX-Outer: 2\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(Proxy, closes_where_the_client_asks_for_it) {
  start();
  const std::string answer = answer_of(get("/", "Connection: close\r\n"), ok("x"));
  EXPECT_EQ(answer, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
}

TEST_F(Proxy, does_not_use_an_upstream_connection_again_that_is_said_to_close) {
  start();
  Peer peer = client(get("/1"));
  Peer first = accept_request();
  first.send(ok("1", "Connection: close\r\n"));
  EXPECT_EQ(peer.read_response(), ok("1"));

  peer.send(get("/2"));
  Peer second = accept_request();
  second.send(ok("2"));
  EXPECT_EQ(peer.read_response(), ok("2"));
}

TEST_F(Proxy, speaks_1_1_to_the_upstream_for_a_client_of_1_0) {
  start();
  Peer peer = client("GET /old HTTP/1.0\r\nX: 1\r\n\r\n");
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), "GET /old HTTP/1.1\r\nX: 1\r\nHost: 127.0.0.1:" +
                                      std::to_string(origin.port()) + "\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");

  EXPECT_EQ(peer.read_to_end(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
}

TEST_F(Proxy, keeps_the_connection_of_a_1_0_client_that_asks_for_it) {
  start();
  EXPECT_EQ(answer_of("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", ok("x")),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx");
}

TEST_F(Proxy, takes_the_authority_of_an_absolute_target_over_the_host_field) {
  start();
  Peer peer = client("GET http://right.test:8/p?q HTTP/1.1\r\nHost: wrong.test\r\nX: 1\r\n\r\n");
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), "GET /p?q HTTP/1.1\r\nX: 1\r\nHost: right.test:8\r\n\r\n");
  upstream.send(ok(""));
  peer.read_response();
}

TEST_F(Proxy, forwards_the_asterisk_of_options) {
  start();
  Peer peer = client("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  upstream.send(ok(""));
  peer.read_response();
}

TEST_F(Proxy, opens_no_more_upstream_connections_than_the_limit) {
  limit = 2;
  start();
  std::vector<Peer> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(client(get("/")));
  std::vector<Peer> upstreams;
  upstreams.push_back(origin.accept());
  upstreams.push_back(origin.accept());
  for (auto& upstream : upstreams) upstream.read_head();
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 3; }));
  EXPECT_EQ(limiter->in_flight(), 2);

  for (int answered = 0; answered < 5; ++answered) {
    auto& upstream = upstreams[static_cast<std::size_t>(answered % 2)];
    upstream.send(ok("x"));
    if (answered < 3) upstream.read_head();
  }

  for (auto& peer : clients) EXPECT_EQ(peer.read_response(), ok("x"));
  EXPECT_FALSE(origin.has_connection());
  EXPECT_EQ(recorders[0]->upstream_opens(), 2u);
}

TEST_F(Proxy, closes_idle_upstream_connections_when_the_limit_falls) {
  limit = 3;
  start();
  std::vector<Peer> clients, upstreams;
  for (int i = 0; i < 3; ++i) clients.push_back(client(get("/")));
  for (int i = 0; i < 3; ++i) upstreams.push_back(origin.accept());
  for (auto& upstream : upstreams) upstream.read_head();
  limiter->set_limit(1, std::chrono::steady_clock::now());

  for (auto& upstream : upstreams) upstream.send(ok("x"));

  for (auto& peer : clients) EXPECT_EQ(peer.read_response(), ok("x"));
  EXPECT_TRUE(eventually([&] { return server->gauges().upstream_connections == 1; }));
}

TEST_F(Proxy, closes_upstream_connections_that_were_idle_for_too_long) {
  settings.upstream_idle_timeout = 20ms;
  start();
  answer_of(get("/"), ok("x"));
  EXPECT_TRUE(eventually([&] { return server->gauges().upstream_connections == 0; }));
}

TEST_F(Proxy, uses_an_upstream_connection_no_longer_than_its_lifetime) {
  settings.upstream_lifetime = 1ns;
  start();
  Peer peer = client();
  std::vector<Peer> upstreams;
  for (const char* path : {"/1", "/2", "/3"}) {
    peer.send(get(path));
    if (path != std::string("/2")) upstreams.push_back(origin.accept());
    EXPECT_EQ(upstreams.back().read_head(), get(path));
    upstreams.back().send(ok(path));
    EXPECT_EQ(peer.read_response(), ok(path));
  }
  EXPECT_TRUE(upstreams.front().has_ended());
}

TEST_F(Proxy, lets_bypass_paths_through_without_a_permit) {
  limit = 1;
  settings.bypass_paths = {"/health"};
  start();
  Peer slow = client(get("/slow"));
  Peer upstream = accept_request();

  EXPECT_EQ(answer_of(get("/health?x"), ok("alive")), ok("alive"));

  EXPECT_EQ(recorders[0]->bypasses(), 1u);
  upstream.send(ok("slow"));
  EXPECT_EQ(slow.read_response(), ok("slow"));
  EXPECT_EQ(requests(Outcome::success), 1u);
}

TEST_F(Proxy, tunnels_after_a_101_and_only_then) {
  start();
  Peer peer = client(get("/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), get("/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  upstream.send(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "X: 1\r\n\r\nfirst");
  EXPECT_EQ(peer.read_head(),
            "HTTP/1.1 101 Switching Protocols\r\nX: 1\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(peer.read(5), "first");

  peer.send("to the upstream");
  EXPECT_EQ(upstream.read(15), "to the upstream");
  upstream.send("and back");
  EXPECT_EQ(peer.read(8), "and back");
  EXPECT_EQ(limiter->in_flight(), 1);

  peer.close();
  EXPECT_TRUE(upstream.has_ended());
  upstream.close();
  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
}

TEST_F(Proxy, does_not_offer_h2c_to_the_upstream) {
  start();
  Peer peer = client(get("/",
                         "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                         "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"));
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), get("/"));
  upstream.send(ok(""));
  peer.read_response();
}

}  // namespace
}  // namespace sweetspot::proxy
