// Other settings under traffic.
#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

struct ReconfigureTest : ProxyTest {};

TEST_F(ReconfigureTest, ends_a_request_under_way_by_the_deadline_that_is_new) {
  settings.request_timeout = 1h;
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  settings.request_timeout = 1ms;
  server->reconfigure(settings);
  EXPECT_THAT(peer.read_response(), StartsWith("HTTP/1.1 504"));
}

TEST_F(ReconfigureTest, leaves_a_request_under_way_alone) {
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  settings.bypass_paths = {"/other"};
  server->reconfigure(settings);
  upstream.send(ok("hello"));
  EXPECT_THAT(peer.read_response(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("hello")));
}

TEST_F(ReconfigureTest, lets_other_paths_bypass_the_limiter_from_now_on) {
  start();
  settings.bypass_paths = {"/health"};
  server->reconfigure(settings);
  let_the_worker_read();
  answer_of(get("/health"), ok(""));
  EXPECT_EQ(recorders[0]->bypasses(), 1u);
  EXPECT_EQ(requests(Outcome::success), 0u);
}

TEST_F(ReconfigureTest, accepts_who_waits_where_more_connections_are_allowed) {
  settings.max_connections = 1;
  start();
  Peer first = client(get("/"));
  Peer upstream = accept_request();
  Peer second = client(get("/second"));
  settings.max_connections = 2;
  server->reconfigure(settings);
  EXPECT_THAT(origin.accept().read_head(), StartsWith("GET /second"));
}

}  // namespace
}  // namespace sweetspot::proxy
