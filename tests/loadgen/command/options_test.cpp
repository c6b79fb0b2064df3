#include "loadgen/command/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::variant<Command, int> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "sweetspot-load");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

template <class Options>
Options parsed(std::vector<const char*> words) {
  const auto result = parse(std::move(words));
  const auto* command = std::get_if<Command>(&result);
  EXPECT_TRUE(command);
  const auto* options = command ? std::get_if<Options>(command) : nullptr;
  EXPECT_TRUE(options);
  return options ? *options : Options{};
}

// The exit code, with what was said on stderr.
std::pair<int, std::string> refused(std::vector<const char*> words) {
  ::testing::internal::CaptureStderr();
  const auto result = parse(std::move(words));
  const auto said = ::testing::internal::GetCapturedStderr();
  const int* code = std::get_if<int>(&result);
  return {code ? *code : -1, said};
}

TEST(Options, of_run) {
  const auto options = parsed<RunOptions>({"run",
                                           "http://h/",
                                           "-c",
                                           "7",
                                           "-n",
                                           "100",
                                           "-z",
                                           "5s",
                                           "--rate",
                                           "50.5",
                                           "-m",
                                           "PUT",
                                           "-H",
                                           "A: b",
                                           "-H",
                                           "C: d",
                                           "-d",
                                           "text",
                                           "--no-keepalive",
                                           "--timeout",
                                           "250ms",
                                           "--threads",
                                           "2",
                                           "--warm-up",
                                           "1s",
                                           "--output",
                                           "json",
                                           "--ramp",
                                           "2s",
                                           "-k",
                                           "--sni",
                                           "name",
                                           "--host",
                                           "host",
                                           "--connect-to",
                                           "h:9",
                                           "--redirects",
                                           "3",
                                           "--bearer",
                                           "token"});
  EXPECT_EQ(options.target.url, "http://h/");
  EXPECT_EQ(options.connections, 7);
  EXPECT_EQ(options.requests, 100u);
  EXPECT_EQ(options.duration, 5s);
  EXPECT_EQ(options.rate, 50.5);
  EXPECT_EQ(options.target.method, "PUT");
  EXPECT_THAT(options.target.headers, ElementsAre("A: b", "C: d"));
  EXPECT_EQ(options.target.body, "text");
  EXPECT_FALSE(options.target.keep_alive);
  EXPECT_EQ(options.target.timeout, 250ms);
  EXPECT_EQ(options.target.threads, 2);
  EXPECT_EQ(options.warm_up, 1s);
  EXPECT_EQ(options.ramp, 2s);
  EXPECT_FALSE(options.target.tls.verifies);
  EXPECT_EQ(options.target.server_name, "name");
  EXPECT_EQ(options.target.host, "host");
  EXPECT_EQ(options.target.connect_to, (platform::Endpoint{"h", 9}));
  EXPECT_EQ(options.target.redirects, 3);
  EXPECT_EQ(options.target.bearer, "token");
  EXPECT_EQ(options.output, Output::json);
}

TEST(Options, of_run_may_have_stages) {
  const auto options =
      parsed<RunOptions>({"run", "http://h/", "--stage", "10s:20", "--stage", "0s:5"});
  ASSERT_EQ(options.stages.size(), 2u);
  EXPECT_EQ(options.stages[0].length, 10s);
  EXPECT_EQ(options.stages[0].to, 20);
}

TEST(Options, of_run_may_stand_before_the_url) {
  const auto options = parsed<RunOptions>({"run", "-H", "A: b", "-c", "3", "http://h/"});
  EXPECT_EQ(options.target.url, "http://h/");
  EXPECT_TRUE(options.target.keep_alive);
}

TEST(Options, of_sweep) {
  const auto options = parsed<SweepOptions>({"sweep", "http://h/", "--from", "2", "--to", "32",
                                             "--factor", "1.5", "--objective", "throughput",
                                             "--pid", "1", "--step-time", "1s", "--output", "csv"});
  EXPECT_EQ(options.from, 2);
  EXPECT_EQ(options.to, 32);
  EXPECT_EQ(options.factor, 1.5);
  EXPECT_EQ(options.objective, tuner::Objective::throughput);
  EXPECT_EQ(options.pid, 1);
  EXPECT_EQ(options.step_time, 1s);
  EXPECT_EQ(options.output, Output::csv);
}

TEST(Options, of_knee) {
  const auto options =
      parsed<KneeOptions>({"knee", "table.csv", "--objective", "latency", "--p99-bound", "20ms"});
  EXPECT_EQ(options.file, "table.csv");
  EXPECT_EQ(options.objective, tuner::Objective::latency);
  EXPECT_EQ(options.p99_bound, 20ms);
}

TEST(Options, of_backend) {
  const auto options =
      parsed<BackendOptions>({"backend", "--listen", "127.0.0.1:0", "--model", "sleep",
                              "--parallelism", "8", "--service-time", "20ms", "--distribution",
                              "exponential", "--threads", "64", "--seed", "9"});
  EXPECT_EQ(options.listen, (platform::Endpoint{"127.0.0.1", 0}));
  EXPECT_EQ(options.model.kind, backend::ModelKind::sleep);
  EXPECT_EQ(options.model.parallelism, 8);
  EXPECT_EQ(options.model.service_time, 20ms);
  EXPECT_EQ(options.model.distribution, backend::Distribution::exponential);
  EXPECT_EQ(options.max_threads, 64);
  EXPECT_EQ(options.model.seed, 9u);
}

TEST(Options, that_are_wrong_end_with_2_and_a_sentence) {
  const std::pair<std::vector<const char*>, const char*> cases[] = {
      {{}, "command"},
      {{"swep", "http://h/"}, "swep"},
      {{"run"}, "URL"},
      {{"run", "http://h/", "-c", "0"}, "--connections"},
      {{"run", "http://h/", "-z", "5"}, "5s"},
      {{"run", "http://h/", "--timeout", "0s"}, "--timeout"},
      {{"run", "http://h/", "--rate", "-1"}, "--rate"},
      {{"run", "http://h/", "--rate", "nan"},
       "\"nan\" is not valid; allowed is a number from 0.001 to 10000000"},
      {{"run", "http://h/", "-n", "0"}, "allowed is a number from 1 to 1000000000000"},
      {{"run", "http://h/", "-n", "-1"}, "--requests"},
      {{"run", "http://h/", "--arrivals", "poisson"}, "--rate"},
      {{"run", "http://h/", "--catch-up", "1s"}, "--rate"},
      {{"run", "http://h/", "--output", "xml"}, "json"},
      {{"run", "http://h/", "-D", "/no/such/file"}, "/no/such/file"},
      {{"run", "http://h/", "--colour"}, "--colour"},
      {{"run", "http://h/", "--stage", "10s"}, "30s:100"},
      {{"run", "http://h/", "--stage", "10:7"}, "30s:100"},
      {{"run", "http://h/", "--stage", "0s:7"}, "--stage"},
      {{"run", "http://h/", "--stage", "1s:7", "-z", "1s"}, "--duration"},
      {{"run", "http://h/", "--stage", "1s:7.5"}, "whole"},
      {{"run", "http://h/", "--honour-retry-after", "--rate", "5"}, "--rate"},
      {{"run", "http://h/", "--unix", "/s", "--connect-to", "h:1"}, "--connect-to"},
      {{"run", "http://h/", "--key", "/dev/null"}, "--cert"},
      {{"run", "http://h/", "--basic", "a:b", "--bearer", "c"}, "--basic"},
      {{"run", "http://h/", "-d", "x", "--body-lines", "/dev/null"}, "--body"},
      {{"sweep", "http://h/", "--clients", "9"}, "--via"},
      {{"sweep", "http://h/", "--via", "h:1", "--clients", "9"}, "--clients"},
      {{"sweep", "http://h/", "--from", "8", "--to", "4"}, "--to"},
      {{"sweep", "http://h/", "--factor", "1"}, "--factor"},
      {{"sweep", "http://h/", "--factor", "nan"}, "--factor"},
      {{"sweep", "http://h/", "--max-errors", "nan"}, "--max-errors"},
      {{"sweep", "http://h/", "--pid", "0"}, "--pid"},
      {{"compare", "a", "b", "--tolerance", "nan"}, "--tolerance"},
      {{"sweep", "http://h/", "--objective", "latency"}, "--p99-bound"},
      {{"knee", "x", "--objective", "beauty"}, "balanced"},
      {{"backend", "--listen", "8080"}, "HOST:PORT"},
      {{"backend", "--service-time", "0ms"}, "--service-time"}};
  for (const auto& [words, expected] : cases) {
    const auto [code, said] = refused(words);
    EXPECT_EQ(code, 2) << expected;
    EXPECT_THAT(said, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace sweetspot::loadgen
