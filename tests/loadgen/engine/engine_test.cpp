#include "loadgen/engine/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>

#include "scripted_server.hpp"

namespace sweetspot::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr auto ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

Plan plan_for(std::uint16_t port, std::uint64_t requests, int connections) {
  Plan plan;
  plan.servers.emplace_back().endpoint = {"127.0.0.1", port};
  plan.calls.emplace_back().messages = {"GET / HTTP/1.1\r\nHost: test\r\n\r\n"};
  plan.connections = connections;
  plan.requests = requests;
  return plan;
}

void ignore(const Progress&) {}

Outcome run(const Plan& plan) { return run(plan, -1, ignore, 5ms); }

std::uint64_t errors(const Outcome& outcome, Error error) {
  return outcome.tally.errors[static_cast<std::size_t>(error)];
}

// All requests against a script, one client.
Outcome run_against(ScriptedServer::Script script, std::uint64_t requests = 5) {
  ScriptedServer server(std::move(script));
  return run(plan_for(server.port(), requests, 1));
}

TEST(Engine, sends_exactly_as_many_requests_as_asked_for) {
  ScriptedServer server(ScriptedServer::always(ok));
  const auto outcome = run(plan_for(server.port(), 1003, 7));
  EXPECT_EQ(outcome.tally.statuses[200], 1003u);
  EXPECT_EQ(outcome.tally.requests(), 1003u);
  EXPECT_EQ(server.requests(), 1003);
  EXPECT_EQ(server.connections(), 7);
}

TEST(Engine, shares_requests_and_connections_among_threads) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 500, 10);
  plan.threads = 3;
  EXPECT_EQ(run(plan).tally.requests(), 500u);
  EXPECT_EQ(server.requests(), 500);
  EXPECT_EQ(server.connections(), 10);
}

TEST(Engine, opens_no_more_connections_than_there_are_requests) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 2, 10);
  plan.threads = 4;
  EXPECT_EQ(run(plan).tally.requests(), 2u);
  EXPECT_EQ(server.connections(), 2);
}

TEST(Engine, counts_the_bytes_it_received) {
  EXPECT_EQ(run_against(ScriptedServer::always(ok), 3).tally.bytes, 3 * std::string(ok).size());
}

TEST(Engine, opens_a_connection_for_each_request_without_keep_alive) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 20, 2);
  plan.keep_alive = false;
  EXPECT_EQ(run(plan).tally.statuses[200], 20u);
  EXPECT_EQ(server.connections(), 20);
}

TEST(Engine, honours_a_server_that_closes) {
  ScriptedServer server(
      ScriptedServer::once("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                           "Content-Length: 2\r\n\r\nok"));
  EXPECT_EQ(run(plan_for(server.port(), 10, 2)).tally.statuses[200], 10u);
  EXPECT_EQ(server.connections(), 10);
}

TEST(Engine, reads_chunked_and_bodiless_and_interim_responses) {
  for (const auto* answer :
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    EXPECT_EQ(run_against(ScriptedServer::always(answer)).tally.success_count(), 5u) << answer;
  }
}

TEST(Engine, reads_a_response_to_the_end_of_the_connection) {
  const auto outcome =
      run_against(ScriptedServer::once("HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x')));
  EXPECT_EQ(outcome.tally.statuses[200], 5u);
  EXPECT_GE(outcome.tally.bytes, 500'000u);
}

TEST(Engine, expects_no_body_after_head) {
  ScriptedServer server(ScriptedServer::always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
  auto plan = plan_for(server.port(), 5, 1);
  plan.calls.front().head_only = true;
  EXPECT_EQ(run(plan).tally.statuses[200], 5u);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Engine, reads_a_large_body) {
  const std::string body(3'000'000, 'x');
  const auto outcome = run_against(
      ScriptedServer::always("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + body), 2);
  EXPECT_EQ(outcome.tally.statuses[200], 2u);
}

TEST(Engine, sends_a_large_body_whole) {
  std::string body;
  while (body.size() < 3'000'000) body += std::to_string(body.size()) + ",";
  std::atomic<int> intact = 0;
  ScriptedServer server([&](Conversation& peer) {
    while (!peer.read_head().empty()) {
      intact += peer.read_body(body.size()) == body;
      peer.write(ok);
    }
  });
  auto plan = plan_for(server.port(), 3, 1);
  plan.calls.front().messages.front() =
      "POST / HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  EXPECT_EQ(run(plan).tally.statuses[200], 3u);
  EXPECT_EQ(intact, 3);
}

TEST(Engine, counts_refused_connections_and_gives_up_with_the_number_of_requests) {
  std::uint16_t port = 0;
  { port = ScriptedServer(ScriptedServer::always(ok)).port(); }
  const auto outcome = run(plan_for(port, 6, 2));
  EXPECT_EQ(errors(outcome, Error::connect), 6u);
  EXPECT_EQ(outcome.tally.requests(), 6u);
}

TEST(Engine, counts_resets_as_such) {
  const auto outcome = run_against([](Conversation& peer) {
    peer.read_head();
    peer.reset();
  });
  EXPECT_EQ(errors(outcome, Error::reset), 5u);
}

TEST(Engine, counts_half_a_response_as_a_reset) {
  for (const auto* answer :
       {"", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"}) {
    const auto outcome = run_against(ScriptedServer::once(answer));
    EXPECT_EQ(errors(outcome, Error::reset), 5u) << answer;
  }
}

TEST(Engine, counts_what_is_not_http) {
  for (const auto& answer : {std::string("220 mail.example ESMTP\r\n\r\n"),
                             "HTTP/1.1 200 OK\r\nX: " + std::string(50'000, 'x') + "\r\n\r\n"}) {
    const auto outcome = run_against(ScriptedServer::always(answer));
    EXPECT_EQ(errors(outcome, Error::protocol), 5u);
  }
}

TEST(Engine, does_not_take_bytes_beyond_a_response_for_the_next_one) {
  ScriptedServer server(ScriptedServer::always(std::string(ok) + "HTTP/1.1 500 Stray\r\n\r\n"));
  const auto outcome = run(plan_for(server.port(), 4, 1));
  EXPECT_EQ(outcome.tally.statuses[200], 4u);
  EXPECT_EQ(server.connections(), 4);
}

TEST(Engine, gives_up_on_a_server_that_hangs) {
  ScriptedServer server([](Conversation& peer) { peer.hang(); });
  auto plan = plan_for(server.port(), 4, 2);
  plan.timeout = 20ms;
  const auto outcome = run(plan);
  EXPECT_EQ(errors(outcome, Error::timeout), 4u);
  EXPECT_EQ(server.connections(), 4);
}

TEST(Engine, gives_up_on_half_a_response_that_hangs) {
  ScriptedServer server([](Conversation& peer) {
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
    peer.hang();
  });
  auto plan = plan_for(server.port(), 2, 1);
  plan.timeout = 20ms;
  EXPECT_EQ(errors(run(plan), Error::timeout), 2u);
}

TEST(Engine, tells_failures_by_status_from_successes) {
  const auto outcome =
      run_against(ScriptedServer::always("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(outcome.tally.statuses[503], 5u);
  EXPECT_TRUE(outcome.tally.successes().empty());
  EXPECT_EQ(outcome.tally.answers[static_cast<std::size_t>(Answer::refused)].count() +
                outcome.tally.answers[static_cast<std::size_t>(Answer::server_error)].count(),
            5u);
}

TEST(Engine, recovers_from_a_server_that_fails_now_and_then) {
  std::atomic<int> asked = 0;
  ScriptedServer server([&](Conversation& peer) {
    while (!peer.read_head().empty()) {
      if (++asked % 3 == 0) return peer.reset();
      peer.write(ok);
    }
  });
  const auto outcome = run(plan_for(server.port(), 30, 1));
  EXPECT_EQ(outcome.tally.statuses[200], 20u);
  EXPECT_EQ(errors(outcome, Error::reset), 10u);
}

TEST(Engine, measures_for_as_long_as_the_plan_says) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 0, 2);
  plan.requests.reset();
  plan.measured.at_least = 50ms;
  const auto outcome = run(plan);
  EXPECT_EQ(outcome.measured, 50ms);
  EXPECT_GT(outcome.tally.success_count(), 0u);
}

TEST(Engine, measures_on_until_there_were_enough_requests) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 0, 2);
  plan.requests.reset();
  plan.measured = {1ms, 2000, 60s};
  EXPECT_GE(run(plan).tally.requests(), 2000u);
}

TEST(Engine, leaves_the_warm_up_out) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 0, 2);
  plan.requests.reset();
  plan.warm_up = {1ms, 100, 60s};
  plan.measured.at_least = 20ms;
  const auto outcome = run(plan);
  EXPECT_LE(outcome.tally.requests() + 100, static_cast<std::uint64_t>(server.requests()));
}

TEST(Engine, gives_what_it_has_when_it_is_interrupted) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 0, 2);
  plan.requests.reset();
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  const auto outcome = run(
      plan, stop,
      [&](const Progress& progress) {
        if (progress.requests > 0) ::eventfd_write(stop, 1);
      },
      1ms);
  ::close(stop);
  EXPECT_TRUE(outcome.interrupted);
  EXPECT_GT(outcome.tally.success_count(), 0u);
  EXPECT_GT(outcome.measured, 0ns);
}

TEST(Engine, can_be_interrupted_while_every_request_hangs) {
  ScriptedServer server([](Conversation& peer) { peer.hang(); });
  auto plan = plan_for(server.port(), 10, 2);
  const int stop = ::eventfd(1, EFD_CLOEXEC);
  const auto outcome = run(plan, stop, ignore, 1ms);
  ::close(stop);
  EXPECT_TRUE(outcome.interrupted);
  EXPECT_EQ(outcome.tally.requests(), 0u);
}

TEST(Engine, sends_an_open_loop_to_its_number_over_few_connections) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 100, 4);
  plan.rate = 5000;
  EXPECT_EQ(run(plan).tally.statuses[200], 100u);
  EXPECT_LE(server.connections(), 4);
}

TEST(Engine, sends_an_open_loop_that_is_too_fast_to_sleep_in_between) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 2000, 16);
  plan.rate = 50'000;
  const auto outcome = run(plan);
  EXPECT_EQ(outcome.tally.statuses[200], 2000u);
  EXPECT_EQ(outcome.tally.sent, 2000u);
  EXPECT_GE(outcome.measured, 39ms);  // and none before it was due
}

TEST(Engine, charges_an_open_loop_for_the_wait_behind_a_slow_answer) {
  // The one client is held up until four more requests are due; none of them can be faster than
  // the time that passed since then.
  std::atomic<bool> first = true;
  ScriptedServer server([&](Conversation& peer) {
    while (!peer.read_head().empty()) {
      if (first.exchange(false)) std::this_thread::sleep_for(50ms);
      peer.write(ok);
    }
  });
  auto plan = plan_for(server.port(), 5, 1);
  plan.rate = 100;
  const auto outcome = run(plan);
  EXPECT_GE(outcome.tally.success_time, 50ms + 40ms + 30ms + 20ms + 10ms);
}

TEST(Engine, counts_what_an_open_loop_could_not_send) {
  ScriptedServer server([](Conversation& peer) { peer.hang(); });
  auto plan = plan_for(server.port(), 0, 2);
  plan.requests.reset();
  plan.rate = 1000;
  plan.measured.at_least = 30ms;
  plan.drain = 0ms;
  const auto outcome = run(plan);
  EXPECT_EQ(outcome.tally.requests(), 0u);
  EXPECT_GE(outcome.tally.unsent, 27u);
}

TEST(Engine, knows_for_how_long_no_answer_came) {
  ScriptedServer server([](Conversation& peer) { peer.hang(); });
  auto plan = plan_for(server.port(), 0, 2);
  plan.requests.reset();
  plan.measured.at_least = 200ms;
  plan.drain = 20ms;
  const auto outcome = run(plan);
  EXPECT_EQ(outcome.tally.requests(), 0u);
  EXPECT_EQ(outcome.tally.unanswered.count(), 2u);
  EXPECT_GE(outcome.tally.unanswered.quantile(0), 19ms);
}

TEST(Engine, owes_nothing_that_is_due_at_its_end) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 0, 2);
  plan.requests.reset();
  plan.rate = 100;
  plan.measured.at_least = 50ms;
  const auto tally = run(plan).tally;
  EXPECT_EQ(tally.sent + tally.unsent, 5u);  // at 0, 10, 20, 30 and 40 ms
}

TEST(Engine, shows_successes_apart_from_what_ended) {
  ScriptedServer server(ScriptedServer::always("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"));
  auto plan = plan_for(server.port(), 0, 1);
  plan.requests.reset();
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  std::uint64_t successes = 0;
  engine::run(
      plan, stop,
      [&](const Progress& progress) {
        successes += progress.successes;
        if (progress.requests > 0) ::eventfd_write(stop, 1);
      },
      5ms);
  ::close(stop);
  EXPECT_EQ(successes, 0u);
}

TEST(Engine, tells_what_it_sent_late_from_what_had_to_wait_for_a_connection) {
  std::atomic<bool> first = true;
  ScriptedServer server([&first](Conversation& peer) {
    while (!peer.read_head().empty()) {
      if (first.exchange(false)) std::this_thread::sleep_for(50ms);
      peer.write(ok);
    }
  });
  auto plan = plan_for(server.port(), 20, 1);
  plan.rate = 1000;
  const auto outcome = run(plan);
  EXPECT_EQ(outcome.tally.sent, 20u);
  EXPECT_GE(outcome.tally.waited, 15u);
  // From the send only the one that met the stall was slow.
  EXPECT_GE(outcome.tally.uncorrected.quantile(1), 40ms);
  EXPECT_LT(outcome.tally.uncorrected.quantile(0.5), outcome.tally.successes().quantile(0.5));
}

TEST(Engine, drops_what_is_overdue_by_more_than_the_catch_up) {
  std::atomic<bool> first = true;
  ScriptedServer server([&first](Conversation& peer) {
    while (!peer.read_head().empty()) {
      if (first.exchange(false)) std::this_thread::sleep_for(100ms);
      peer.write(ok);
    }
  });
  auto plan = plan_for(server.port(), 200, 1);
  plan.rate = 1000;
  plan.catch_up = 20ms;
  const auto outcome = run(plan);
  EXPECT_GE(outcome.tally.dropped, 50u);
  EXPECT_EQ(outcome.tally.requests() + outcome.tally.dropped, 200u);
}

TEST(Engine, ends_where_all_that_was_left_is_dropped) {
  ScriptedServer server([](Conversation& peer) {
    peer.read_head();
    std::this_thread::sleep_for(60ms);
    peer.write(ok);
  });
  auto plan = plan_for(server.port(), 5, 1);
  plan.rate = 1000;
  plan.catch_up = 20ms;
  const auto outcome = run(plan);
  EXPECT_EQ(outcome.tally.dropped, 4u);
}

TEST(Engine, reads_an_answer_that_comes_before_the_request_is_sent_whole) {
  std::promise<void> ended;
  ScriptedServer server([end = ended.get_future().share()](Conversation& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    end.wait();  // and reads nothing until then
  });
  auto plan = plan_for(server.port(), 1, 1);
  plan.calls.front().messages.front() =
      "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 33554432\r\n\r\n" +
      std::string(32 * 1024 * 1024, 'x');
  plan.timeout = 5s;
  const auto outcome = run(plan);
  ended.set_value();
  EXPECT_EQ(outcome.tally.statuses[413], 1u);
}

TEST(Engine, counts_the_connections_that_brought_an_answer) {
  ScriptedServer server(ScriptedServer::always(ok));
  EXPECT_EQ(run(plan_for(server.port(), 500, 7)).tally.connections, 7u);
}

TEST(Engine, reconnects_where_the_server_closed_an_idle_connection) {
  ScriptedServer server(ScriptedServer::once(ok));
  auto plan = plan_for(server.port(), 3, 1);
  plan.rate = 10;  // so that the close is there before the next request
  EXPECT_EQ(run(plan).tally.statuses[200], 3u);
}

TEST(Engine, keeps_a_connection_to_each_of_several_servers) {
  ScriptedServer one(ScriptedServer::always(ok)), other(ScriptedServer::always(ok));
  auto plan = plan_for(one.port(), 300, 3);
  plan.servers.emplace_back().endpoint = {"127.0.0.1", other.port()};
  plan.calls.push_back(plan.calls.front());
  plan.calls.back().server = 1;
  plan.calls.back().weight = 2;
  const auto outcome = run(plan);
  EXPECT_EQ(outcome.tally.statuses[200], 300u);
  EXPECT_EQ(one.requests() + other.requests(), 300);
  EXPECT_NEAR(other.requests(), 200, 40);  // five standard deviations
  EXPECT_LE(one.connections(), 3);
  EXPECT_LE(other.connections(), 3);
  ASSERT_EQ(outcome.tally.calls.size(), 2u);
  EXPECT_EQ(outcome.tally.calls[1].requests, static_cast<std::uint64_t>(other.requests()));
}

TEST(Engine, sends_several_messages_in_turn) {
  std::atomic<int> firsts = 0;
  ScriptedServer server([&](Conversation& peer) {
    for (std::string head = peer.read_head(); !head.empty(); head = peer.read_head()) {
      firsts += head.starts_with("GET /first ");
      peer.write(ok);
    }
  });
  auto plan = plan_for(server.port(), 9, 1);
  plan.calls.front().messages = {"GET /first HTTP/1.1\r\n\r\n", "GET /second HTTP/1.1\r\n\r\n",
                                 "GET /third HTTP/1.1\r\n\r\n"};
  run(plan);
  EXPECT_EQ(firsts, 3);
}

Plan redirected_plan(std::uint16_t port, int redirects) {
  auto plan = plan_for(port, 10, 2);
  plan.calls.front().url = *parse_url("http://127.0.0.1:" + std::to_string(port) + "/");
  plan.redirects = redirects;
  return plan;
}

TEST(Engine, follows_redirects_within_one_request) {
  ScriptedServer target(ScriptedServer::always(ok));
  ScriptedServer server(ScriptedServer::always(
      "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:" +
      std::to_string(target.port()) + "/there\r\n\r\n"));
  const auto outcome = run(redirected_plan(server.port(), 1));
  EXPECT_EQ(outcome.tally.statuses[200], 10u);
  EXPECT_EQ(outcome.tally.requests(), 10u);
  EXPECT_EQ(target.requests(), 10);
  EXPECT_LE(target.connections(), 2);
}

TEST(Engine, gives_up_on_redirects_that_go_round_in_circles) {
  ScriptedServer server(
      ScriptedServer::always("HTTP/1.1 307 Again\r\nContent-Length: 0\r\nLocation: /\r\n\r\n"));
  const auto outcome = run(redirected_plan(server.port(), 3));
  EXPECT_EQ(outcome.tally.statuses[307], 10u);
  EXPECT_EQ(server.requests(), 40);
}

TEST(Engine, does_not_follow_a_redirect_unasked) {
  ScriptedServer server(
      ScriptedServer::always("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /x\r\n\r\n"));
  EXPECT_EQ(run(plan_for(server.port(), 5, 1)).tally.statuses[302], 5u);
}

TEST(Engine, comes_back_when_it_was_told_to) {
  std::atomic<int> asked = 0;
  ScriptedServer server([&](Conversation& peer) {
    while (!peer.read_head().empty()) {
      peer.write(++asked == 1 ? "HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
                              : ok);
    }
  });
  auto plan = plan_for(server.port(), 2, 1);
  plan.waits_when_refused = true;
  const auto outcome = run(plan);
  EXPECT_EQ(outcome.tally.statuses[200], 1u);
  EXPECT_GE(outcome.measured, 1s);
}

TEST(Engine, has_as_many_clients_at_work_as_the_plan_wants_over_time) {
  std::atomic<int> at_once = 0, most_early = 0, most_late = 0;
  const auto begun = std::chrono::steady_clock::now();
  ScriptedServer server([&](Conversation& peer) {
    while (!peer.read_head().empty()) {
      auto& most = std::chrono::steady_clock::now() - begun < 100ms ? most_early : most_late;
      most = std::max(most.load(), ++at_once);
      std::this_thread::sleep_for(2ms);  // the work
      --at_once;
      peer.write(ok);
    }
  });
  auto plan = plan_for(server.port(), 0, 8);
  plan.requests.reset();
  plan.clients = Profile({{150ms, 1, 1}, {150ms, 8, 8}});
  plan.stages = {150ms, 150ms};
  plan.measured.at_least = 300ms;
  const auto outcome = run(plan);
  EXPECT_EQ(most_early, 1);
  EXPECT_GT(most_late, 4);
  ASSERT_EQ(outcome.tally.stages.size(), 2u);
  EXPECT_GT(outcome.tally.stages[1].requests, 2 * outcome.tally.stages[0].requests);
  EXPECT_EQ(outcome.tally.stages[0].requests + outcome.tally.stages[1].requests,
            outcome.tally.requests());
}

TEST(Engine, reaches_a_server_by_a_unix_socket) {
  const std::string path = ::testing::TempDir() + "sweetspot-engine-" + std::to_string(getpid());
  ScriptedServer server(ScriptedServer::always(ok), path);
  auto plan = plan_for(1, 50, 3);
  plan.servers.front().unix_path = path;
  EXPECT_EQ(run(plan).tally.statuses[200], 50u);
  EXPECT_EQ(server.connections(), 3);
}

TEST(Engine, says_why_a_connection_could_not_be_had) {
  std::uint16_t port = 0;
  { port = ScriptedServer(ScriptedServer::always(ok)).port(); }
  EXPECT_EQ(run(plan_for(port, 1, 1)).tally.causes[static_cast<std::size_t>(Error::connect)],
            "Connection refused");
}

TEST(Engine, says_what_the_system_would_not_give) {
  if (std::string_view(SWEETSPOT_SANITIZE).find("undefined") != std::string_view::npos)
    GTEST_SKIP() << "UBSan looks through a pipe whether an object is what it is taken for";
  ScriptedServer server(ScriptedServer::always(ok));
  const rlimit before = [] {
    rlimit limit;
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit;
  }();
  const rlimit few{3, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  const auto outcome = run(plan_for(server.port(), 10, 2));
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_NE(outcome.error, "");
}

TEST(Engine, goes_on_where_there_are_not_enough_descriptors_for_all_clients) {
  ScriptedServer server([](Conversation& peer) {
    while (!peer.read_head().empty()) peer.write(ok);
  });
  rlimit before;
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  const rlimit few{static_cast<rlim_t>(next) + 14, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  auto plan = plan_for(server.port(), 0, 64);
  plan.requests.reset();
  plan.measured.at_least = 100ms;
  plan.drain = 0ms;
  const auto outcome = run(plan);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(outcome.error, "");
  EXPECT_GT(errors(outcome, Error::connect), 0u);
}

TEST(Engine, can_be_interrupted_while_it_looks_for_the_host) {
  auto plan = plan_for(1, 1, 1);
  const int stop = ::eventfd(1, EFD_CLOEXEC);
  plan.servers.front().endpoint.host = "no-such-host.invalid";
  const auto outcome = run(plan, stop, ignore, 1ms);
  ::close(stop);
  EXPECT_TRUE(outcome.interrupted || !outcome.error.empty());
  EXPECT_EQ(outcome.tally.requests(), 0u);
}

TEST(Engine, says_that_a_host_is_unknown) {
  auto plan = plan_for(1, 1, 1);
  plan.servers.front().endpoint.host = "no-such-host.invalid";
  EXPECT_THAT(run(plan).error, HasSubstr("no-such-host.invalid"));
}

}  // namespace
}  // namespace sweetspot::engine
