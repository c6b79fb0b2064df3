// Several addresses of the upstream, and none.
#include "service/proxy/addresses.hpp"
#include "service/proxy/upstream_targets.hpp"
#include "tests/service/proxy/proxy_fixture.hpp"

namespace sweetspot::proxy {
namespace {

using tuner::TimePoint;

struct TargetsTest : testing::Test {
  static Address address(std::uint16_t port) { return *literal_address({"127.0.0.1", port}); }
  Target& target(std::size_t i) const { return *(*targets.list())[i]; }

  UpstreamTargets targets;
  TargetChoice choice{targets};
  const TimePoint start{1h};
};

TEST_F(TargetsTest, are_chosen_by_the_least_in_flight_and_in_turn_where_equal) {
  targets.assign({address(1), address(2)});
  Target* const first = choice.choose(start);
  EXPECT_NE(choice.choose(start), first);
  target(0).in_flight = 3;
  EXPECT_EQ(choice.choose(start), &target(1));
  EXPECT_EQ(choice.choose(start), &target(1));
}

TEST_F(TargetsTest, keep_their_turn_where_one_that_was_chosen_was_not_taken) {
  targets.assign({address(1), address(2)});
  Target* const first = choice.choose(start);
  choice.not_taken();
  EXPECT_EQ(choice.choose(start), first);
  EXPECT_NE(choice.choose(start), first);
}

TEST_F(TargetsTest, that_failed_are_left_alone_for_longer_each_time) {
  targets.assign({address(1), address(2)});
  choice.failed(target(0), ECONNREFUSED, start);
  EXPECT_EQ(choice.choose(start + 900ms, {target(1).shared_from_this()}), nullptr);
  EXPECT_EQ(choice.choose(start + 1s, {target(1).shared_from_this()}), &target(0));
  choice.failed(target(0), ECONNREFUSED, start + 1s);
  EXPECT_FALSE(target(0).is_up(start + 2s));
  EXPECT_TRUE(target(0).is_up(start + 3s));
  choice.succeeded(target(0));
  EXPECT_TRUE(target(0).is_up(start + 1s));
}

TEST_F(TargetsTest, that_fail_several_requests_at_once_have_failed_once) {
  targets.assign({address(1), address(2)});
  for (int i = 0; i < 8; ++i) choice.failed(target(0), Target::no_answer, start + i * 1ms);
  EXPECT_FALSE(target(0).is_up(start + 900ms));
  EXPECT_TRUE(target(0).is_up(start + 1s));
}

TEST_F(TargetsTest, of_which_none_is_up_are_asked_again_each_second) {
  targets.assign({address(1), address(2)});
  auto now = start;
  for (int i = 0; i < 8; ++i, now += 1s) {
    choice.failed(target(0), Target::no_answer, now);
    choice.failed(target(1), Target::no_answer, now);
  }
  EXPECT_TRUE(target(1).is_up(now));
  targets.assign({address(1)});
  choice.failed(target(0), Target::no_answer, now);
  EXPECT_TRUE(target(0).is_up(now + 1s));
}

TEST_F(TargetsTest, that_failed_are_tried_by_one_at_a_time) {
  targets.assign({address(1), address(2)});
  choice.failed(target(0), ECONNREFUSED, start);
  target(1).in_flight = 5;
  ASSERT_EQ(choice.choose(start + 1s), &target(0));
  choice.tries(target(0), start + 1s);
  EXPECT_EQ(choice.choose(start + 1s), &target(1));
}

TEST_F(TargetsTest, of_which_there_is_one_that_refuses_are_soon_asked_again) {
  targets.assign({address(1)});
  for (const TimePoint at : {start, start + 1s, start + 2s}) {
    choice.failed(target(0), ECONNREFUSED, at);
    EXPECT_FALSE(choice.any_up(at + 99ms));
    EXPECT_TRUE(choice.any_up(at + 100ms));
  }
}

TEST_F(TargetsTest, of_which_there_is_one_that_does_not_answer_are_left_alone_like_others) {
  targets.assign({address(1)});
  choice.failed(target(0), Target::no_answer, start);
  EXPECT_FALSE(choice.any_up(start + 999ms));
  EXPECT_TRUE(choice.any_up(start + 1s));
}

TEST_F(TargetsTest, say_why_they_take_no_connection) {
  targets.assign({address(1), address(2)});
  EXPECT_EQ(problem_of(target(0)), "");
  choice.failed(target(0), ECONNREFUSED, start);
  EXPECT_EQ(problem_of(target(0)), "Connection refused");
  choice.failed(target(0), Target::no_handshake, start + 1s);
  EXPECT_EQ(problem_of(target(0)), "the TLS handshake failed");
  choice.failed(target(0), Target::no_answer, start + 3s);
  EXPECT_EQ(problem_of(target(0)), "no answer within connect.timeout");
  EXPECT_EQ(problem_of(target(1)), "");
  choice.succeeded(target(0));
  EXPECT_EQ(problem_of(target(0)), "");
}

TEST_F(TargetsTest, keep_what_is_known_of_them_over_another_list) {
  targets.assign({address(1), address(2)});
  const auto gone = target(0).shared_from_this();
  target(1).in_flight = 4;
  EXPECT_TRUE(targets.assign({address(2), address(3), address(3)}));
  EXPECT_EQ(targets.list()->size(), 2u);
  EXPECT_EQ(target(0).in_flight, 4);
  EXPECT_TRUE(gone->is_retired);
  EXPECT_FALSE(targets.assign({address(2), address(3)}));
}

struct UpstreamTest : ProxyTest {
  Origin second;
  void start_with_both() {
    settings.upstream.push_back({"127.0.0.1", second.port()});
    start();
  }
};

TEST_F(UpstreamTest, of_several_addresses_shares_requests_by_what_is_in_flight) {
  start_with_both();
  std::vector<Peer> clients, upstreams;
  for (int i = 0; i < 6; ++i) clients.push_back(client(get("/")));
  for (int i = 0; i < 3; ++i) upstreams.push_back(origin.accept());
  for (int i = 0; i < 3; ++i) upstreams.push_back(second.accept());
  for (auto& upstream : upstreams) {
    upstream.read_head();
    upstream.send(ok("x"));
  }
  for (auto& peer : clients) EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(UpstreamTest, goes_to_another_address_where_one_refuses) {
  start_with_both();
  origin.stop_listening();
  for (int i = 0; i < 4; ++i) {
    Peer peer = client(get("/"));
    Peer upstream = second.accept();
    upstream.read_head();
    upstream.send(ok("x", "Connection: close\r\n"));
    EXPECT_THAT(peer.read_response(), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_EQ(requests(Outcome::upstream_connect), 0u);
}

TEST_F(UpstreamTest, that_is_down_is_a_503_at_once_without_a_permit) {
  start_with_both();
  origin.stop_listening();
  second.stop_listening();
  EXPECT_THAT(client(get("/")).read_response(), HasSubstr("x-sweetspot-reason: upstream_connect"));
  std::string answer;  // each attempt leaves them alone for longer
  EXPECT_TRUE(eventually([&] {
    answer = client(get("/")).read_response();
    return answer.starts_with("HTTP/1.1 503");
  }));
  EXPECT_THAT(answer, AllOf(HasSubstr("Retry-After: "),
                            HasSubstr("x-sweetspot-reason: upstream_unavailable")));
  EXPECT_GE(recorders[0]->unavailables(), 1u);
}

TEST_F(UpstreamTest, may_be_given_a_time_for_the_first_byte_of_its_answer) {
  settings.first_byte_timeout = 10ms;
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  EXPECT_THAT(peer.read_response(), StartsWith("HTTP/1.1 504"));
  EXPECT_EQ(requests(Outcome::upstream_timeout), 1u);
}

TEST_F(UpstreamTest, may_be_given_a_time_to_pause_in_its_answer) {
  settings.response_idle_timeout = 10ms;
  start();
  Peer peer = client(get("/"));
  Peer upstream = accept_request();
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_THAT(peer.read_to_end(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("half")));
  EXPECT_EQ(requests(Outcome::upstream_timeout), 1u);
}

TEST_F(UpstreamTest, is_asked_for_its_health_and_used_again_when_it_is_well) {
  settings.health = {.path = "/health", .interval = 1ms, .timeout = 5s, .failures = 1};
  limiter =
      std::make_unique<admission::Limiter>(admission, limit, std::chrono::steady_clock::now());
  recorders.push_back(std::make_unique<control::Recorder>());
  server = std::make_unique<Server>(settings, *limiter, recorders);
  std::atomic<int> ups{0}, downs{0};
  server->check_health([&](const std::string&, const std::string& problem) {
    ups += problem.empty();
    downs += problem == "it answered 500";
  });
  const auto bound = server->bind();
  port = bound.port;
  server->start();

  Peer check = origin.accept();
  EXPECT_THAT(check.read_head(), StartsWith("GET /health HTTP/1.1\r\n"));
  check.send("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return downs == 1; }));
  EXPECT_THAT(client(get("/")).read_response(), HasSubstr("upstream_unavailable"));
  Peer again = accept_request();
  again.send(ok(""));
  ASSERT_TRUE(eventually([&] { return ups == 1; }));
  EXPECT_EQ(server->gauges().addresses_up, 1);
  server.reset();  // ends also while an answer is waited for
}

}  // namespace
}  // namespace sweetspot::proxy
