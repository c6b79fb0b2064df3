#include "loadgen/engine/request_log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "loadgen/engine/engine.hpp"
#include "scripted_server.hpp"

namespace sweetspot::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

struct RequestLogTest : testing::Test {
  ~RequestLogTest() override { ::unlink(path.c_str()); }

  std::vector<std::string> lines() const {
    std::ifstream file(path);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }

  std::string path = testing::TempDir() + "sweetspot-requests-" + std::to_string(::getpid());
};

constexpr auto head = "start_s,latency_ms,first_byte_ms,status,error,target";

TEST_F(RequestLogTest, has_a_line_for_a_response_and_one_for_an_error) {
  RequestLines of_a_worker(*RequestLog::open(path));
  of_a_worker.add({.start = 1500ms, .latency = 20ms, .first_byte = 5ms, .status = 503});
  of_a_worker.add({.start = 2s, .latency = 1s, .error = "timeout", .target = 2});
  of_a_worker.flush();
  EXPECT_THAT(lines(), ElementsAre(head, "1.500000,20.0000,5.0000,503,,1",
                                   "2.000000,1000.0000,,,timeout,3"));
}

TEST_F(RequestLogTest, is_made_anew) {
  (*RequestLog::open(path))->append("old\n");
  const auto log = *RequestLog::open(path);
  EXPECT_THAT(lines(), ElementsAre(head));
}

TEST_F(RequestLogTest, says_where_it_cannot_be) {
  EXPECT_THAT(RequestLog::open("/nowhere/at/all").error,
              HasSubstr("\"/nowhere/at/all\": No such file"));
}

TEST_F(RequestLogTest, says_that_its_disk_is_full) {
  RequestLog log(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(log.failure(), 0);
  log.append("line\n");
  EXPECT_EQ(log.failure(), ENOSPC);
}

TEST_F(RequestLogTest, has_every_request_of_every_worker_whole) {
  ScriptedServer server(
      ScriptedServer::always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
  Plan plan;
  plan.servers.emplace_back().endpoint = {"127.0.0.1", server.port()};
  plan.calls.emplace_back().messages = {"GET / HTTP/1.1\r\nHost: test\r\n\r\n"};
  plan.connections = 4;
  plan.threads = 2;
  plan.requests = 5000;
  plan.log = *RequestLog::open(path);
  EXPECT_EQ(run(plan, -1, [](const Progress&) {}).tally.requests(), 5000u);
  const auto all = lines();
  ASSERT_EQ(all.size(), 5001u);
  for (std::size_t i = 1; i < all.size(); ++i)
    ASSERT_THAT(all[i], MatchesRegex("[0-9.]+,[0-9.]+,[0-9.]+,200,,1"));
}

}  // namespace
}  // namespace sweetspot::engine
