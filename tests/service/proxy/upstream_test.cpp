// Several addresses of the upstream, and none.
#include "service/proxy/addresses.hpp"
#include "service/proxy/health_checks.hpp"
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

TEST_F(TargetsTest, that_only_close_connections_are_left_alone_until_they_answer) {
  targets.assign({address(1), address(2)});
  const auto breaks_off_at = [&](TimePoint at) {
    choice.succeeded(target(0));  // it has taken a connection
    choice.broke_off(target(0), at);
  };
  for (int i = 0; i < 4; ++i) breaks_off_at(start);
  EXPECT_TRUE(target(0).is_up(start));
  EXPECT_EQ(problem_of(target(0)), "");
  for (int i = 0; i < 3; ++i) breaks_off_at(start);
  EXPECT_FALSE(target(0).is_up(start + 999ms));
  EXPECT_TRUE(target(0).is_up(start + 1s));
  EXPECT_EQ(problem_of(target(0)), "it closes connections without an answer");
  breaks_off_at(start + 1s);
  EXPECT_FALSE(target(0).is_up(start + 2s));
  EXPECT_TRUE(target(0).is_up(start + 3s));
  choice.answered(target(0));
  EXPECT_TRUE(target(0).is_up(start + 1s));
  EXPECT_EQ(problem_of(target(0)), "");
}

TEST_F(TargetsTest, that_only_close_connections_are_used_where_less_than_half_would_be_left) {
  targets.assign({address(1), address(2), address(3)});
  for (int i = 0; i < 5; ++i) choice.broke_off(target(0), start);
  EXPECT_FALSE(target(0).is_up(start));
  for (int i = 0; i < 5; ++i) choice.broke_off(target(1), start);
  EXPECT_TRUE(target(1).is_up(start));
  EXPECT_EQ(problem_of(target(1)), "it closes connections without an answer");
}

TEST_F(TargetsTest, that_are_ours_are_never_used) {
  targets.assign({address(1), address(2)});
  targets.beware_of({*literal_address({"0.0.0.0", 2}), *literal_address({"127.0.0.1", 3})});
  EXPECT_TRUE(target(1).is_self);
  EXPECT_THAT(problem_of(target(1)), HasSubstr("this sidecar itself"));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(choice.choose(start), &target(0));
  targets.assign({address(3)});
  EXPECT_FALSE(choice.any_up(start + 24h));
}

TEST(Address, leads_to_a_listener_of_its_own_port_and_machine) {
  const auto leads = [](const char* to, const char* at, std::uint16_t port = 80) {
    return leads_to(*literal_address({to, 80}), *literal_address({at, port}));
  };
  EXPECT_TRUE(leads("127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(leads("127.0.0.9", "0.0.0.0"));
  EXPECT_TRUE(leads("127.0.0.1", "::"));
  EXPECT_FALSE(leads("127.0.0.1", "127.0.0.1", 81));
  EXPECT_FALSE(leads("127.0.0.2", "127.0.0.1"));
  EXPECT_FALSE(leads("192.0.2.1", "0.0.0.0"));
  EXPECT_FALSE(leads("::1", "0.0.0.0"));
  EXPECT_TRUE(leads("unix:/tmp/./a", "unix:/tmp/a"));
  EXPECT_FALSE(leads("unix:/tmp/a", "0.0.0.0"));
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

struct HealthChecksTest : TargetsTest {
  HealthChecksTest() { targets.assign({address(origin.port())}); }
  static Settings impatient() {
    Settings settings;
    settings.health = {.path = "/", .interval = 1ms, .timeout = 1h, .failures = 1};
    return settings;
  }
  std::string problem_after(const std::string& answer) {
    checks.start();
    Peer check = origin.accept();
    check.read_head();
    if (!answer.empty()) check.send(answer);
    check.close();
    eventually([&] { return !problem_of(target(0)).empty(); });
    return problem_of(target(0));
  }
  Origin origin;
  HealthChecks checks{impatient(), "x", targets};
};

TEST_F(HealthChecksTest, tell_one_that_closes_from_one_that_speaks_something_else) {
  EXPECT_EQ(problem_after(""), "it closed the connection");
}

TEST_F(HealthChecksTest, know_what_is_not_http) {
  EXPECT_EQ(problem_after("220 mail.example ready\r\n"), "what it answers is not HTTP/1");
}

TEST_F(HealthChecksTest, find_before_any_request_that_one_takes_connections_again) {
  const TimePoint at = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) choice.failed(target(0), Target::no_answer, at + i * 2s);
  ASSERT_FALSE(target(0).is_up(at + 8s));
  checks.start();
  Peer check = origin.accept();
  check.read_head();
  check.send(ok(""));
  EXPECT_TRUE(eventually([&] { return problem_of(target(0)).empty() && target(0).is_up(at); }));
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
  start();
  const auto problem = [&] { return server->addresses().front().problem; };
  Peer check = origin.accept();
  EXPECT_THAT(check.read_head(), StartsWith("GET /health HTTP/1.1\r\n"));
  check.send("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return problem() == "it answered 500"; }));
  EXPECT_THAT(client(get("/")).read_response(), HasSubstr("upstream_unavailable"));
  Peer again = accept_request();
  again.send(ok(""));
  ASSERT_TRUE(eventually([&] { return problem().empty(); }));
  server.reset();  // ends also while an answer is waited for
}

TEST_F(UpstreamTest, counts_by_address_what_goes_there_and_what_goes_wrong) {
  start_with_both();
  origin.stop_listening();
  Peer peer = client(get("/"));
  Peer other = client(get("/"));
  for (int i = 0; i < 2; ++i) {
    Peer upstream = second.accept();
    upstream.read_head();
    upstream.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  for (Peer* one : {&peer, &other})
    EXPECT_THAT(one->read_response(), StartsWith("HTTP/1.1 503 No"));
  const auto all = server->addresses();
  using control::AddressError;
  const auto errors = [&](std::size_t i, AddressError error) {
    return all[i].errors[static_cast<std::size_t>(error)];
  };
  EXPECT_EQ(all[0].problem, "Connection refused");
  EXPECT_GE(errors(0, AddressError::connect), 1u);
  EXPECT_EQ(all[0].requests, 0u);
  EXPECT_EQ(all[1].problem, "");
  EXPECT_EQ(all[1].requests, 2u);
  EXPECT_EQ(errors(1, AddressError::status), 2u);
  EXPECT_TRUE(eventually([&] {
    const auto now = server->addresses();
    return now[0].connections + now[1].connections + now[1].in_flight == 0;
  }));
}

// It has nothing in flight, so that by the least in flight all requests would go there.
TEST_F(UpstreamTest, that_closes_what_it_accepts_does_not_draw_all_requests) {
  start_with_both();
  Peer busy = client(get("/"));  // one address has one in flight from now on
  Peer kept = second.accept();
  kept.read_head();
  int lost = 0;
  for (int i = 0; i < 12 && server->addresses()[0].problem.empty(); ++i, ++lost) {
    Peer peer = client(get("/"));
    origin.accept().read_head();
    EXPECT_THAT(peer.read_response(), HasSubstr("x-sweetspot-reason: upstream_reset"));
  }
  EXPECT_EQ(lost, 5);
  Peer peer = client(get("/"));
  Peer upstream = second.accept();
  upstream.read_head();
  upstream.send(ok("x"));
  EXPECT_EQ(peer.read_response(), ok("x"));
}

TEST_F(UpstreamTest, is_known_to_lead_back_to_us_where_our_own_question_returns) {
  start();
  const auto options = [&](const std::string& token) {
    return "OPTIONS * HTTP/1.1\r\nHost: x\r\nSweetspot-Probe: " + token + "\r\n\r\n";
  };
  EXPECT_THAT(client(options(server->probe_token())).read_response(),
              AllOf(StartsWith("HTTP/1.1 508 Loop Detected\r\n"),
                    HasSubstr("x-sweetspot-reason: upstream_loop")));
  Peer peer = client(options("another's"));
  Peer upstream = accept_request();
  upstream.send(ok(""));
  EXPECT_THAT(peer.read_response(), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace sweetspot::proxy
