#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

struct Drain : ProxyTest {
  std::promise<bool> clean;
  void drain(tuner::Duration delay, tuner::Duration grace) {
    server->drain(delay, grace, [this](bool is_clean) { clean.set_value(is_clean); });
  }
  bool is_done() { return clean.get_future().get(); }
};

TEST_F(Drain, ends_a_drain_at_once_where_nothing_is_open) {
  start();
  drain(0ms, 10s);
  EXPECT_TRUE(is_done());
  EXPECT_FALSE(client().is_open());
}

TEST_F(Drain, finishes_what_is_in_flight_and_queued_before_it_has_drained) {
  limit = 1;
  start();
  Peer running = client(get("/1"));
  Peer upstream = accept_request();
  Peer waiting = client(get("/2"));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));

  drain(0ms, 10s);
  ASSERT_TRUE(eventually([&] { return !client().is_open(); }));
  upstream.send(ok("1"));
  EXPECT_EQ(running.read_to_end(),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1");
  Peer next = accept_request();
  next.send(ok("2"));
  EXPECT_THAT(waiting.read_to_end(), HasSubstr("Connection: close\r\n\r\n2"));
  EXPECT_TRUE(is_done());
}

TEST_F(Drain, serves_with_connection_close_during_the_delay) {
  start();
  Peer peer = client(get("/1"));
  Peer upstream = accept_request();
  upstream.send(ok("1"));
  EXPECT_EQ(peer.read_response(), ok("1"));

  drain(10s, 10s);
  Peer other;
  ASSERT_TRUE(eventually([&] {
    other = client(get("/2"));
    upstream.read_head();
    upstream.send(ok("2"));
    return other.read_response().find("Connection: close") != std::string::npos;
  }));
  peer.send(get("/3"));
  upstream.read_head();
  upstream.send(ok("3"));
  EXPECT_THAT(peer.read_response(), HasSubstr("Connection: close"));
  EXPECT_TRUE(peer.has_ended());
}

TEST_F(Drain, serves_whoever_stood_in_the_accept_queue) {
  start();
  std::vector<Peer> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(client(get("/")));
  drain(0ms, 10s);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    Peer upstream = accept_request();
    upstream.send(ok("x"));
  }
  for (auto& peer : clients) EXPECT_THAT(peer.read_response(), HasSubstr("200 OK"));
  EXPECT_TRUE(is_done());
}

TEST_F(Drain, sheds_those_who_still_wait_when_the_grace_runs_out) {
  limit = 1;
  start();
  Peer running = client(get("/1"));
  Peer upstream = accept_request();
  Peer waiting = client(get("/2"));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));

  drain(0ms, 50ms);

  EXPECT_FALSE(is_done());
  EXPECT_THAT(waiting.read_response(), HasSubstr("x-sweetspot-reason: draining"));
  server->stop();
  EXPECT_EQ(limiter->in_flight(), 0);
}

TEST_F(Drain, cannot_bind_a_port_that_another_instance_has) {
  for (const int workers : {1, 2}) {
    start();
    Settings second = settings;
    second.listen.front().endpoint.port = port;
    second.workers = workers;
    std::vector<std::unique_ptr<control::Recorder>> more;
    for (int i = 0; i < workers; ++i) more.push_back(std::make_unique<control::Recorder>());
    Server other(second, *limiter, more);
    EXPECT_THAT(other.bind().error, HasSubstr("cannot listen on 127.0.0.1:"));
    server.reset();
    recorders.clear();
    settings.workers = 2;
  }
}

TEST_F(Drain, stops_at_once_with_requests_in_every_state) {
  limit = 2;
  start();
  std::vector<Peer> clients;
  clients.push_back(client());
  clients.push_back(client("GET / HT"));
  clients.push_back(client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"));
  for (int i = 0; i < 6; ++i) clients.push_back(client(get("/")));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 4; }));
  server->stop();
  EXPECT_EQ(server->gauges().downstream_connections, 0);
  EXPECT_EQ(server->gauges().upstream_connections, 0);
}

}  // namespace
}  // namespace sweetspot::proxy
