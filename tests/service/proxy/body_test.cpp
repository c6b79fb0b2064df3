#include "tests/service/proxy/proxy_fixture.hpp"

#include <numeric>
#include <random>
#include <thread>

namespace sweetspot::proxy {
namespace {

using Proxy = ProxyTest;

std::string random_bytes(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string post(const std::string& fields, const std::string& body) {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string post_with_length(const std::string& body) {
  return post("Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}
std::string chunk(const std::string& data) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + data + "\r\n";
}

TEST_F(Proxy, reads_a_small_body_before_it_takes_a_permit) {
  start();
  Peer peer = client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
  Peer other = client(get("/other"));  // served first: its request is complete
  Peer upstream = origin.accept();
  EXPECT_THAT(upstream.read_head(), StartsWith("GET /other"));
  EXPECT_EQ(limiter->in_flight(), 1);
  upstream.send(ok(""));
  other.read_response();

  peer.send("56789");
  const std::string head = upstream.read_head();
  EXPECT_THAT(head, StartsWith("POST / HTTP/1.1\r\n"));
  EXPECT_EQ(upstream.read(10), "0123456789");
  upstream.send(ok("done"));
  EXPECT_EQ(peer.read_response(), ok("done"));
}

TEST_F(Proxy, streams_a_large_body_up) {
  start();
  const std::string body = random_bytes(5'000'000);
  Peer peer = client();
  std::thread sender([&] { peer.send(post_with_length(body)); });
  Peer upstream = accept_request();
  EXPECT_TRUE(upstream.read(body.size()) == body);
  upstream.send(ok("done"));
  EXPECT_EQ(peer.read_response(), ok("done"));
  sender.join();
}

TEST_F(Proxy, streams_a_large_body_down) {
  start();
  const std::string body = random_bytes(5'000'000);
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  std::thread sender([&] { upstream.send(ok(body)); });
  EXPECT_TRUE(peer.read_response() == ok(body));
  sender.join();
}

TEST_F(Proxy, streams_large_chunked_bodies_both_ways) {
  start();
  std::string chunks;
  for (int i = 0; i < 300; ++i) chunks += chunk(random_bytes(static_cast<std::size_t>(1 + i * 50)));
  chunks += "0\r\n\r\n";
  Peer peer = client();
  std::thread sender([&] { peer.send(post("Transfer-Encoding: chunked\r\n", chunks)); });
  Peer upstream = origin.accept();
  EXPECT_THAT(upstream.read_head(), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(upstream.read(chunks.size()) == chunks);
  sender.join();

  std::thread answerer(
      [&] { upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks); });
  EXPECT_EQ(peer.read_head(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(peer.read(chunks.size()) == chunks);
  answerer.join();

  peer.send(get("/next"));
  EXPECT_EQ(upstream.read_head(), get("/next"));
  upstream.send(ok(""));
  peer.read_response();
}

TEST_F(Proxy, drops_chunk_extensions_and_passes_trailers_on) {
  start();
  Peer peer = client(post("Transfer-Encoding: chunked\r\n",
                          "3;a=b\r\nabc\r\n0;last\r\nX-Trailer: 1\r\nHost: evil\r\n\r\n"));
  Peer upstream = accept_request();
  EXPECT_EQ(upstream.read(27), "3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n");
  upstream.send(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;x\r\nhi\r\n0\r\nX: 1\r\n\r\n");
  peer.read_head();
  EXPECT_EQ(peer.read(18), "2\r\nhi\r\n0\r\nX: 1\r\n\r\n");
}

TEST_F(Proxy, answers_head_without_a_body) {
  start();
  Peer peer = client("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer upstream = accept_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_EQ(peer.read_head(), "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");

  peer.send(get("/next"));
  EXPECT_EQ(upstream.read_head(), get("/next"));
  upstream.send(ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(Proxy, expects_no_body_with_204_and_304) {
  start();
  Peer peer = client(get("/1") + get("/2") + get("/3"));
  Peer upstream = accept_request();
  upstream.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(peer.read_head(), "HTTP/1.1 204 No Content\r\n\r\n");
  upstream.read_head();
  upstream.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  EXPECT_EQ(peer.read_head(), "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
  upstream.read_head();
  upstream.send(ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(Proxy, relays_a_body_that_ends_with_the_connection) {
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  upstream.send("HTTP/1.0 200 OK\r\nX: 1\r\n\r\nuntil ");
  upstream.send("the end");
  upstream.close();
  EXPECT_EQ(peer.read_to_end(),
            "HTTP/1.1 200 OK\r\nX: 1\r\nConnection: close\r\n\r\nuntil the end");
  EXPECT_EQ(requests(Outcome::success), 1u);
}

TEST_F(Proxy, passes_interim_answers_on_but_not_a_100_that_nobody_expects) {
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  upstream.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_EQ(peer.read_head(), "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  upstream.send("HTTP/1.1 102 Processing\r\n\r\n" + ok("x"));
  EXPECT_EQ(peer.read_head(), "HTTP/1.1 102 Processing\r\n\r\n");
  EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(Proxy, answers_100_itself_where_the_body_fits_its_buffer) {
  start();
  Peer peer = client(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(limiter->in_flight(), 0);
  peer.send("abc");
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(upstream.read(3), "abc");
  upstream.send(ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(Proxy, drops_an_expectation_that_is_met_already) {
  start();
  Peer peer = client(post("Content-Length: 3\r\nExpect: 100-continue\r\n", "abc"));
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  upstream.send("HTTP/1.1 100 Continue\r\n\r\n" + ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(Proxy, answers_408_to_an_upload_that_stalls_on_a_permit) {
  settings.stall_timeout = 30ms;
  start();
  Peer peer = client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin");
  Peer upstream = origin.accept();
  EXPECT_THAT(peer.read_response(), AllOf(StartsWith("HTTP/1.1 408 "),
                                          HasSubstr("\r\nx-sweetspot-reason: body_timeout\r\n")));
  EXPECT_EQ(requests(Outcome::stalled), 1u);
}

TEST_F(Proxy, leaves_100_to_the_upstream_where_the_body_is_large) {
  start();
  const std::string body(1'000'000, 'x');
  Peer peer = client(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
      "Expect: 100-continue\r\n\r\n");
  Peer upstream = origin.accept();
  EXPECT_THAT(upstream.read_head(), HasSubstr("\r\nExpect: 100-continue\r\n"));
  upstream.send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(peer.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  std::thread sender([&] { peer.send(body); });
  EXPECT_TRUE(upstream.read(body.size()) == body);
  sender.join();
  upstream.send(ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(Proxy, relays_a_final_answer_that_comes_before_the_body_and_closes) {
  start();
  Peer peer = client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin");
  Peer upstream = accept_request();
  upstream.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(peer.read_response(),
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  EXPECT_TRUE(upstream.has_ended());
  EXPECT_TRUE(peer.has_ended());
  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
}

TEST_F(Proxy, never_ends_a_truncated_body_as_if_it_were_complete) {
  start();
  const auto truncated = [&](const std::string& response) {
    Peer peer = client(get("/"));
    Peer upstream = accept_request();
    upstream.send(response);
    peer.read_head();
    upstream.close();
    return peer.read_to_end();
  };
  EXPECT_EQ(truncated("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), "abc");
  EXPECT_THAT(truncated("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
              Not(HasSubstr("0\r\n\r\n")));
  EXPECT_TRUE(eventually([&] { return requests(Outcome::upstream_reset) == 2; }));
}

TEST_F(Proxy, resets_a_1_0_client_whose_body_was_truncated) {
  start();
  Peer peer = client("GET / HTTP/1.0\r\n\r\n");
  Peer upstream = accept_request();
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  peer.read_head();
  upstream.close();
  peer.read_to_end();
  EXPECT_TRUE(peer.was_reset());
}

TEST_F(Proxy, frees_the_permit_at_the_upstreams_last_byte_though_the_client_reads_nothing) {
  settings.response_buffer = 1024 * 1024;
  start();
  const std::string body = random_bytes(900'000);
  Peer peer = Peer::connect_to(port, 4096);
  peer.send(get("/"));
  Peer upstream = accept_request();
  upstream.send(ok(body));

  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
  EXPECT_EQ(requests(Outcome::success), 1u);
  EXPECT_TRUE(peer.read_response() == ok(body));
}

TEST_F(Proxy, stops_reading_ahead_of_a_slow_client_at_the_bound) {
  settings.response_buffer = 64 * 1024;
  start();
  const std::string body = random_bytes(30'000'000);
  Peer peer = Peer::connect_to(port, 65536);
  peer.send(get("/"));
  Peer upstream = accept_request();
  std::thread sender([&] { upstream.send(ok(body)); });
  EXPECT_TRUE(eventually([&] { return server->gauges().stalled_permits == 1; }));
  EXPECT_EQ(limiter->in_flight(), 1);

  EXPECT_TRUE(peer.read_response() == ok(body));
  sender.join();
  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
  EXPECT_EQ(server->gauges().stalled_permits, 0);
}

TEST_F(Proxy, ends_a_request_whose_permit_stalls_on_the_client) {
  settings.response_buffer = 64 * 1024;
  settings.stall_timeout = 50ms;
  start();
  const std::string body(30'000'000, 'x');
  Peer peer = Peer::connect_to(port, 4096);
  peer.send(get("/"));
  Peer upstream = accept_request();
  std::thread sender([&] { upstream.send(ok(body)); });
  EXPECT_TRUE(eventually([&] { return requests(Outcome::stalled) == 1; }));
  EXPECT_TRUE(eventually([&] { return limiter->in_flight() == 0; }));
  sender.join();
}

TEST_F(Proxy, ends_a_permit_that_trickles_as_soon_as_others_wait_for_it) {
  settings.response_buffer = 64 * 1024;
  settings.contended_stall_timeout = 50ms;
  limit = 1;
  start();
  const std::string body(30'000'000, 'x');
  Peer slow = Peer::connect_to(port, 4096);
  slow.send(get("/"));
  Peer upstream = accept_request();
  std::thread sender([&] { upstream.send(ok(body)); });
  EXPECT_TRUE(eventually([&] { return server->gauges().stalled_permits == 1; }));
  Peer other = client(get("/other"));
  Peer second = origin.accept();
  EXPECT_THAT(second.read_head(), StartsWith("GET /other "));
  EXPECT_EQ(requests(Outcome::stalled), 1u);
  second.send(ok("done"));
  EXPECT_THAT(other.read_response(), HasSubstr("done"));
  sender.join();
}

TEST_F(Proxy, refuses_a_malformed_chunked_body) {
  start();
  for (const char* body :
       {"x\r\n", "3\r\nabcd\r\n", "3\nabc\r\n0\r\n\r\n", "-1\r\n", "0x3\r\nabc\r\n",
        "11111111111111111\r\n", "3;\r\nabc\r\n", "3 \r\nabc\r\n", "0\r\n folded: 1\r\n\r\n",
        "3;a\nb\r\nabc\r\n0\r\n\r\n", "0\r\nX: a\nb\r\n\r\n"}) {
    Peer peer = client(post("Transfer-Encoding: chunked\r\n", body));
    EXPECT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 400 ")) << body;
  }
  EXPECT_FALSE(origin.has_connection());
}

TEST_F(Proxy, forwards_the_same_message_whatever_pieces_it_comes_in) {
  start();
  const std::string body = "5\r\nhello\r\n6;e=1\r\n world\r\n0\r\nX: 1\r\n\r\n";
  for (const std::string& request :
       {get("/split", "X-Field: value\r\nConnection: keep-alive\r\n"),
        post_with_length("0123456789"), post("Transfer-Encoding: chunked\r\n", body)}) {
    std::string expected;
    Peer peer = client(), upstream;
    for (std::size_t at = 0; at <= request.size(); ++at) {
      ASSERT_TRUE(peer.send(request.substr(0, at)));
      // The two parts must arrive apart.
      if (at > 0 && at < request.size()) let_the_worker_read();
      ASSERT_TRUE(peer.send(request.substr(at)));
      if (!upstream.is_open()) upstream = origin.accept();
      std::string seen = upstream.read_head();
      if (seen.find("Content-Length") != std::string::npos) seen += upstream.read(10);
      if (seen.find("chunked") != std::string::npos)
        seen += upstream.read_until("\r\n0\r\nX: 1\r\n\r\n");
      if (at == 0) expected = seen;
      ASSERT_EQ(seen, expected) << "split at " << at;
      upstream.send(ok("x"));
      ASSERT_EQ(peer.read_response(), ok("x"));
    }
  }
}

TEST_F(Proxy, relays_the_same_answer_whatever_pieces_it_comes_in) {
  start();
  for (const std::string& response :
       {ok("0123456789", "Connection: keep-alive\r\nX: 1\r\n"),
        std::string("HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0;x\r\nT: 1\r\n\r\n")}) {
    std::string expected;
    Peer peer = client(), upstream;
    for (std::size_t at = 0; at <= response.size(); ++at) {
      peer.send(get("/"));
      if (!upstream.is_open()) upstream = origin.accept();
      upstream.read_head();
      ASSERT_TRUE(upstream.send(response.substr(0, at)));
      if (at > 0 && at < response.size()) let_the_worker_read();
      ASSERT_TRUE(upstream.send(response.substr(at)));
      std::string seen = peer.read_response();
      if (seen.find(" 103 ") != std::string::npos) seen += peer.read_head();
      if (seen.find("chunked") != std::string::npos)
        seen += peer.read_until("\r\n0\r\nT: 1\r\n\r\n");
      if (at == 0) expected = seen;
      ASSERT_EQ(seen, expected) << "split at " << at;
    }
  }
}

}  // namespace
}  // namespace sweetspot::proxy
