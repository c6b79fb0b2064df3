// What is bounded as a whole, and what a request says of its own way.
#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

using Proxy = ProxyTest;

TEST_F(Proxy, turns_away_who_comes_when_there_is_no_memory_left_for_buffers) {
  settings.buffer_total = 16 * 1024;  // one buffer
  start();
  Peer slow = client("GET / HTTP/1.1\r\nHost: a\r\n");
  let_the_worker_read();

  Peer other = client(get("/"));
  const std::string answer = other.read_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\r\nx-sweetspot-reason: buffers_full\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));

  slow.send("\r\n");
  Peer upstream = accept_request();
  upstream.send(ok("x"));
  EXPECT_EQ(slow.read_response(), ok("x"));
}

TEST_F(Proxy, streams_what_it_would_have_buffered_when_there_is_no_memory_left) {
  settings.buffer_total = 20 * 1024;
  start();
  Peer peer = client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30000\r\n\r\nbegin");
  Peer upstream = accept_request();
  EXPECT_EQ(upstream.read(5), "begin");
  EXPECT_EQ(limiter->in_flight(), 1);
  peer.send(std::string(29995, 'x'));
  EXPECT_EQ(upstream.read(29995), std::string(29995, 'x'));
  upstream.send(ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(Proxy, gives_its_buffers_back) {
  start();
  { answer_of(get("/"), ok(std::string(100000, 'x'))); }
  EXPECT_TRUE(eventually([&] { return server->gauges().downstream_connections == 0; }));
  EXPECT_TRUE(eventually([&] { return server->gauges().buffer_bytes <= 64u * 1024; }));
}

TEST_F(Proxy, counts_max_forwards_of_options_down_and_answers_itself_at_0) {
  start();
  Peer peer = client("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n");
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
  upstream.send(ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));

  peer.send("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
  EXPECT_THAT(peer.read_response(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(upstream.has_bytes());
  EXPECT_EQ(recorders[0]->refusals(), 0u);
}

TEST_F(Proxy, tells_the_upstream_that_trailers_are_welcome_where_they_are) {
  start();
  Peer peer = client(get("/", "TE: trailers, deflate;q=0.5\r\nConnection: TE\r\n"));
  Peer upstream = origin.accept();
  EXPECT_EQ(upstream.read_head(), get("/", "TE: trailers\r\nConnection: TE\r\n"));
  upstream.send(ok(""));
  peer.read_response();
}

TEST_F(Proxy, drops_trailers_that_the_connection_field_names) {
  start();
  Peer peer = client(
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: x-hop\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\nx\r\n0\r\nX-Hop: 1\r\n\r\n");
  Peer upstream = accept_request();
  EXPECT_EQ(upstream.read(11), "1\r\nx\r\n0\r\n\r\n");
  upstream.send(ok(""));
  peer.read_response();
}

TEST_F(Proxy, relays_a_trailer_that_comes_in_pieces_to_a_client_that_is_slow) {
  settings.response_buffer = 4096;
  start();
  Peer peer = Peer::connect_to(port, 4096);
  peer.send(get("/"));
  Peer upstream = accept_request();
  const std::string body(60000, 'x');
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n" + body +
                "\r\n0\r\nX-Tra");
  std::string got = peer.read_head();
  got += peer.read(30000);
  let_the_worker_read();
  upstream.send("iler: 1\r\nY: " + std::string(5000, 'y'));
  let_the_worker_read();
  upstream.send("\r\n\r\n");
  got += peer.read_until("\r\n\r\n");
  EXPECT_EQ(got, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n" + body +
                     "\r\n0\r\nX-Trailer: 1\r\nY: " + std::string(5000, 'y') + "\r\n\r\n");
}

TEST_F(Proxy, passes_on_all_interim_answers) {
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  const std::string answers =
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok("x");
  upstream.send(answers);
  EXPECT_EQ(peer.read(answers.size()), answers);
}

}  // namespace
}  // namespace sweetspot::proxy
