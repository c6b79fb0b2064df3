// Upstreams that fail, clients that leave, queues that are full: what is answered, what is
// counted, and that no permit is lost (the fixture checks that at the end of each test).
#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

using Proxy = ProxyTest;
using admission::ShedReason;

void expect_failure(const std::string& answer, int status, const std::string& reason) {
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 " + std::to_string(status) + " "),
                            HasSubstr("\r\nx-sweetspot-reason: " + reason + "\r\n")));
}

TEST_F(Proxy, answers_502_where_nobody_listens_then_503_at_once_and_serves_who_comes_back) {
  Origin late(false);
  settings.upstream = {{"127.0.0.1", late.port()}};
  start();
  Peer peer = client(get("/"));
  expect_failure(peer.read_response(), 502, "upstream_connect");
  EXPECT_EQ(requests(Outcome::upstream_connect), 1u);
  ASSERT_TRUE(eventually([&] {  // one of them may be the one that asks again
    peer.send(get("/"));
    return peer.read_response().starts_with("HTTP/1.1 503");
  }));
  EXPECT_GE(recorders[0]->unavailables(), 1u);

  late.listen();
  ASSERT_TRUE(eventually([&] {
    peer.send(get("/"));
    EXPECT_TRUE(eventually([&] { return peer.has_bytes() || late.has_connection(); }));
    if (late.has_connection()) return true;
    expect_failure(peer.read_response(), 503, "upstream_unavailable");
    return false;
  }));
  Peer upstream = late.accept();
  upstream.read_head();
  upstream.send(ok("back"));
  EXPECT_EQ(peer.read_response(), ok("back"));
}

TEST_F(Proxy, answers_502_where_the_upstream_closes_without_an_answer) {
  start();
  for (const char* part : {"", "HTTP/1.1 200 OK\r\nContent-"}) {
    Peer peer = client(get("/"));
    Peer upstream = accept_request();
    upstream.send(part);
    upstream.close();
    expect_failure(peer.read_response(), 502, "upstream_reset");
  }
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  upstream.reset();
  expect_failure(peer.read_response(), 502, "upstream_reset");
  EXPECT_EQ(requests(Outcome::upstream_reset), 3u);
}

TEST_F(Proxy, answers_502_to_what_it_cannot_forward) {
  start();
  const std::vector<std::string> responses{
      "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
      "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 099 What\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2p1\r\n",
      "HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x') + "\r\n\r\n"};
  for (const auto& response : responses) {
    Peer peer = client(get("/"));
    Peer upstream = accept_request();
    upstream.send(response);
    expect_failure(peer.read_response(), 502, "upstream_protocol");
  }
  EXPECT_EQ(requests(Outcome::upstream_protocol), responses.size());
}

TEST_F(Proxy, answers_504_where_the_upstream_says_nothing_in_time) {
  settings.request_timeout = 30ms;
  start();
  Peer peer = client(get("/"));
  Peer upstream = origin.accept();
  expect_failure(peer.read_response(), 504, "upstream_timeout");
  EXPECT_EQ(requests(Outcome::upstream_timeout), 1u);
  upstream.read_head();
  EXPECT_TRUE(upstream.has_ended());
}

constexpr const char* event_stream =
    "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

TEST_F(Proxy, lets_an_event_stream_outlast_the_requests_time) {
  settings.request_timeout = 30ms;
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  upstream.send(event_stream);
  peer.read_head();
  Peer other = client(get("/"));  // begun later, and out of time already
  expect_failure(other.read_response(), 504, "upstream_timeout");
  upstream.send("9\r\ndata: 1\n\n\r\n");
  EXPECT_THAT(peer.read_until("\n\n"), HasSubstr("data: 1"));
  EXPECT_EQ(limiter->in_flight(), 1);
  upstream.send("0\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
  EXPECT_EQ(requests(Outcome::success), 1u);
  for (std::size_t i = 0; i < tuner::Buckets::count; ++i)
    EXPECT_EQ(recorders[0]->epoch_backend().at(i), 0u) << "a stream tells no latency";
}

TEST_F(Proxy, takes_what_follows_an_event_stream_for_a_request_of_its_own) {
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  origin.stop_listening();
  upstream.send(std::string(event_stream) + "0\r\n\r\n");
  peer.read_until("0\r\n\r\n");
  upstream.close();
  ASSERT_TRUE(eventually([&] { return server->gauges().upstream_connections == 0; }));
  peer.send(get("/"));
  expect_failure(peer.read_response(), 502, "upstream_connect");
  EXPECT_EQ(requests(Outcome::upstream_connect), 1u);
  EXPECT_EQ(requests(Outcome::success), 1u);
}

TEST_F(Proxy, ends_an_event_stream_whose_client_has_left) {
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  upstream.send(event_stream);
  peer.read_head();
  peer.reset();
  EXPECT_TRUE(upstream.has_ended());
}

TEST_F(Proxy, ends_an_event_stream_that_fell_silent) {
  settings.idle_timeout = 50ms;
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  upstream.send(event_stream);
  peer.read_head();
  EXPECT_TRUE(upstream.has_ended());
  EXPECT_TRUE(eventually([&] { return requests(Outcome::success) == 1; }));
  EXPECT_EQ(requests(Outcome::upstream_timeout), 0u);
  EXPECT_EQ(recorders[0]->upstream_errors(control::UpstreamError::timeout), 0u);
}

TEST_F(Proxy, counts_errors_of_the_upstream_as_such_and_forwards_them) {
  start();
  for (const char* status : {"500 A", "503 B", "408 C", "429 D"}) {
    const std::string response = "HTTP/1.1 " + std::string(status) +
                                 "\r\nContent-Length: 0\r\n"
                                 "Connection: close\r\n\r\n";
    EXPECT_THAT(answer_of(get("/"), response), StartsWith("HTTP/1.1 " + std::string(status)));
  }
  EXPECT_EQ(requests(Outcome::error_status), 4u);
  EXPECT_EQ(requests(Outcome::success), 0u);
}

TEST_F(Proxy, sends_a_get_again_where_a_reused_connection_was_closed_before_it_answered) {
  start();
  Peer peer = client(get("/1"));
  Peer first = accept_request();
  first.send(ok("1"));
  peer.read_response();

  peer.send(get("/2"));
  first.read_head();
  first.reset();  // after the request has come, before a byte of the answer
  Peer second = origin.accept();
  EXPECT_EQ(second.read_head(), get("/2"));
  second.send(ok("2"));
  EXPECT_EQ(peer.read_response(), ok("2"));
}

TEST_F(Proxy, never_sends_a_post_again) {
  start();
  Peer peer = client(get("/1"));
  Peer first = accept_request();
  first.send(ok("1"));
  peer.read_response();

  peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
  first.read_head();
  first.reset();

  expect_failure(peer.read_response(), 502, "upstream_reset");
  EXPECT_FALSE(origin.has_connection());
}

TEST_F(Proxy, sends_a_get_again_only_once) {
  start();
  Peer peer = client(get("/1"));
  Peer first = accept_request();
  first.send(ok("1"));
  peer.read_response();

  peer.send(get("/2"));
  first.read_head();
  first.close();
  Peer second = accept_request();
  second.close();

  expect_failure(peer.read_response(), 502, "upstream_reset");
  EXPECT_FALSE(origin.has_connection());
}

TEST_F(Proxy, opens_a_new_connection_where_the_idle_one_was_closed) {
  start();
  Peer peer = client(get("/1"));
  Peer first = accept_request();
  first.send(ok("1"));
  first.close();
  peer.read_response();
  ASSERT_TRUE(eventually([&] { return server->gauges().upstream_connections == 0; }));

  peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  Peer second = accept_request();
  second.send(ok("2"));
  EXPECT_EQ(peer.read_response(), ok("2"));
}

TEST_F(Proxy, refuses_with_a_reason_where_the_queue_is_full) {
  limit = 1;
  admission.queue_size = 1;
  start();
  Peer running = client(get("/"));
  Peer upstream = accept_request();
  Peer waiting = client(get("/"));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));

  Peer refused = client(get("/"));
  const std::string answer = refused.read_response();
  expect_failure(answer, 503, "queue_full");
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: "));
  EXPECT_EQ(sheds(ShedReason::queue_full), 1u);

  upstream.send(ok("1"));
  upstream.read_head();
  upstream.send(ok("2"));
  EXPECT_EQ(waiting.read_response(), ok("2"));
  refused.send(get("/again"));  // the connection was kept
  EXPECT_EQ(upstream.read_head(), get("/again"));
  upstream.send(ok("3"));
  EXPECT_EQ(refused.read_response(), ok("3"));
}

TEST_F(Proxy, refuses_who_waited_too_long_in_the_queue) {
  limit = 1;
  admission.queue_timeout = 30ms;
  start();
  Peer running = client(get("/"));
  Peer upstream = accept_request();

  Peer waiting = client(get("/"));
  expect_failure(waiting.read_response(), 503, "queue_timeout");
  EXPECT_EQ(sheds(ShedReason::queue_timeout), 1u);
  upstream.send(ok(""));
  running.read_response();
}

TEST_F(Proxy, takes_a_client_that_resets_out_of_the_queue) {
  limit = 1;
  start();
  Peer running = client(get("/"));
  Peer upstream = accept_request();
  Peer leaving = client(get("/left"));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));

  leaving.reset();

  EXPECT_TRUE(eventually([&] { return limiter->queued() == 0; }));
  upstream.send(ok(""));
  running.read_response();
  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
  EXPECT_FALSE(upstream.has_bytes());
}

TEST_F(Proxy, bounds_what_a_client_sends_while_it_waits) {
  limit = 1;
  start();
  Peer running = client(get("/"));
  Peer upstream = accept_request();
  Peer waiting = client(get("/waits"));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));
  std::string many;
  for (int i = 0; i < 2000; ++i) many += get("/pipelined");
  waiting.send(many);  // the kernel's buffers and ours take it

  upstream.send(ok("1"));
  for (int i = 0; i < 2001; ++i) {
    ASSERT_THAT(upstream.read_head(), StartsWith(i == 0 ? "GET /waits" : "GET /pipelined"));
    upstream.send(ok("x"));
    ASSERT_EQ(waiting.read_response(), ok("x"));
  }
}

TEST_F(Proxy, serves_a_half_closed_client_that_waits) {
  limit = 1;
  start();
  Peer running = client(get("/"));
  Peer upstream = accept_request();
  Peer half_closed = client(get("/half"));
  half_closed.shutdown_send();
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));

  upstream.send(ok("1"));
  EXPECT_EQ(upstream.read_head(), get("/half"));
  upstream.send(ok("2"));
  EXPECT_EQ(half_closed.read_response(), ok("2"));
  EXPECT_TRUE(half_closed.has_ended());
}

TEST_F(Proxy, takes_a_half_closed_client_for_gone_where_it_is_told_to) {
  limit = 1;
  settings.abort_on_half_close = true;
  start();
  Peer running = client(get("/"));
  Peer upstream = accept_request();
  Peer leaving = client(get("/left"));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));

  leaving.close();

  EXPECT_TRUE(eventually([&] { return limiter->queued() == 0; }));
  upstream.send(ok(""));
  running.read_response();
}

TEST_F(Proxy, keeps_the_permit_of_a_client_that_left_until_the_backend_has_answered) {
  limit = 1;
  start();
  Peer leaving = client(get("/"));
  Peer upstream = accept_request();
  leaving.reset();
  Peer waiting = client(get("/next"));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 1; }));
  EXPECT_EQ(limiter->in_flight(), 1);

  upstream.send(ok("for nobody"));

  EXPECT_EQ(upstream.read_head(), get("/next"));
  upstream.send(ok("x"));
  EXPECT_EQ(waiting.read_response(), ok("x"));
}

TEST_F(Proxy, frees_the_permit_of_an_upload_that_breaks_off) {
  start();
  Peer peer = client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  peer.send(std::string(100'000, 'x'));
  Peer upstream = accept_request();
  EXPECT_EQ(limiter->in_flight(), 1);

  peer.close();

  EXPECT_TRUE(upstream.has_ended());
  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
  EXPECT_EQ(requests(Outcome::client_abort), 1u);
}

TEST_F(Proxy, gets_all_permits_back_after_a_storm_of_leaving_clients) {
  limit = 4;
  admission.queue_size = 50;
  start();
  for (int round = 0; round < 10; ++round) {
    std::vector<Peer> clients, upstreams;
    for (int i = 0; i < 30; ++i) clients.push_back(client(get("/")));
    while (upstreams.size() < 4) upstreams.push_back(origin.accept());
    for (int i = 0; i < 30; ++i) {
      auto& peer = clients[static_cast<std::size_t>(i)];
      i % 3 == 0 ? peer.reset() : peer.close();
    }
    for (auto& upstream : upstreams) round % 2 == 0 ? upstream.reset() : upstream.close();
    // Whoever closed without a reset is served nevertheless, on new connections.
    ASSERT_TRUE(eventually([&] {
      while (origin.has_connection()) origin.accept().close();
      return limiter->in_flight() == 0 && limiter->queued() == 0;
    }));
  }
}

TEST_F(Proxy, resolves_the_name_of_its_upstream) {
  settings.upstream.front().host = "localhost";
  start();
  EXPECT_EQ(answer_of(get("/"), ok("x")), ok("x"));
}

TEST_F(Proxy, answers_503_at_once_where_the_name_does_not_resolve) {
  settings.upstream.front().host = "nowhere.invalid";
  start();
  Peer peer = client(get("/"));
  expect_failure(peer.read_response(), 503, "upstream_unavailable");
}

TEST_F(Proxy, spreads_connections_evenly_over_its_workers) {
  settings.workers = 4;
  start();
  std::vector<Peer> clients;
  for (int i = 0; i < 80; ++i) clients.push_back(client());
  ASSERT_TRUE(eventually([&] { return server->gauges().downstream_connections == 80; }));
  const auto counts = server->gauges().worker_connections;
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_LE(*most - *least, 12) << *least << " to " << *most;
}

TEST_F(Proxy, holds_one_limit_over_several_workers) {
  limit = 3;
  settings.workers = 4;
  start();
  std::vector<Peer> clients, upstreams;
  for (int i = 0; i < 20; ++i) clients.push_back(client(get("/")));
  ASSERT_TRUE(eventually([&] { return limiter->queued() == 17; }));
  for (int i = 0; i < 3; ++i) upstreams.push_back(origin.accept());

  int served = 0;
  ASSERT_TRUE(eventually([&] {
    while (origin.has_connection()) upstreams.push_back(origin.accept());
    EXPECT_LE(server->gauges().upstream_connections, 3);
    for (auto& upstream : upstreams) {
      if (!upstream.has_bytes()) continue;
      if (upstream.read_head().empty()) continue;
      upstream.send(ok("x"));
      ++served;
    }
    return served == 20;
  }));
  for (auto& peer : clients) EXPECT_EQ(peer.read_response(), ok("x"));
}

}  // namespace
}  // namespace sweetspot::proxy
