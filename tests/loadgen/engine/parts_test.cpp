#include <gtest/gtest.h>

#include <thread>

#include "loadgen/engine/engine.hpp"
#include "scripted_server.hpp"

namespace sweetspot::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr auto pause = 30ms;

Plan plan_for(std::uint16_t port, std::uint64_t requests, int connections) {
  Plan plan;
  plan.servers.emplace_back().endpoint = {"127.0.0.1", port};
  plan.calls.emplace_back().messages = {"GET / HTTP/1.1\r\nHost: test\r\n\r\n"};
  plan.connections = connections;
  plan.requests = requests;
  return plan;
}

Tally run(const Plan& plan) {
  return engine::run(plan, -1, [](const Progress&) {}).tally;
}

TEST(Parts, a_connection_is_counted_once_however_many_requests_it_carries) {
  ScriptedServer server(ScriptedServer::always(ok));
  auto plan = plan_for(server.port(), 100, 7);
  EXPECT_EQ(run(plan).connect_times.count(), 7u);
  plan.keep_alive = false;
  EXPECT_EQ(run(plan).connect_times.count(), 100u);
}

TEST(Parts, the_first_byte_waits_for_the_server) {
  ScriptedServer server([](Conversation& peer) {
    peer.read_head();
    std::this_thread::sleep_for(pause);
    peer.write(ok);
  });
  const Tally tally = run(plan_for(server.port(), 1, 1));
  EXPECT_EQ(tally.first_bytes.count(), 1u);
  EXPECT_GE(tally.first_bytes.quantile(0), pause * 0.98);  // the histogram's error
}

// The body is too large for the buffers between: its first byte was read before the pause began.
TEST(Parts, the_first_byte_does_not_wait_for_the_last) {
  constexpr std::size_t size = 32 << 20;
  ScriptedServer server([](Conversation& peer) {
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    peer.write(std::string(size - 1, 'x'));
    std::this_thread::sleep_for(pause);
    peer.write("x");
  });
  const Tally tally = run(plan_for(server.port(), 1, 1));
  EXPECT_LE(tally.first_bytes.quantile(1) + pause * 0.9, tally.success_time);
}

TEST(Parts, an_answer_that_says_no_has_no_part_in_it) {
  ScriptedServer server(ScriptedServer::always("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(run(plan_for(server.port(), 3, 1)).first_bytes.empty());
}

}  // namespace
}  // namespace sweetspot::engine
