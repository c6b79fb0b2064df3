#include "loadgen/run/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/run/compat.hpp"
#include "loadgen/run/hdr.hpp"
#include "loadgen/run/interval_log.hpp"

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

RunResult some_run() {
  RunResult result;
  for (int i = 1; i <= 100; ++i) result.outcome.tally.add_response(200, i * 1ms);
  result.outcome.tally.add_response(503, 2ms);
  result.outcome.measured = 2s;
  result.thresholds =
      judge({*parse_threshold("p99<1s"), *parse_threshold("p50<1ms")}, figures_of(result.outcome));
  return result;
}

RunOptions options() {
  RunOptions some;
  some.target.url = "http://host:81/path?a=1&b=2";
  return some;
}

TEST(RunFormats, markdown_is_a_table) {
  const auto text = format_run_markdown(some_run(), options());
  EXPECT_THAT(text, HasSubstr("| throughput | 50.0/s |"));
  EXPECT_THAT(text, HasSubstr("| p50<1ms |"));
  EXPECT_THAT(text, HasSubstr("**broken**"));
}

TEST(RunFormats, junit_has_a_case_a_threshold) {
  const auto text = format_run_junit(some_run(), options());
  EXPECT_THAT(text, HasSubstr("tests=\"2\" failures=\"1\""));
  EXPECT_THAT(text, HasSubstr("a=1&amp;b=2"));
  EXPECT_THAT(text, HasSubstr("name=\"p50&lt;1ms\""));
}

TEST(RunFormats, prometheus_splits_requests_by_outcome) {
  const auto text = format_run_prometheus(some_run());
  EXPECT_THAT(text, HasSubstr("sweetspot_load_requests_total{outcome=\"2xx_3xx\"} 100\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_load_requests_total{outcome=\"refused\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sweetspot_load_latency_seconds_count 100\n"));
}

TEST(RunFormats, headings_of_other_tools) {
  const auto ab = format_like_ab(some_run(), options());
  EXPECT_THAT(ab, HasSubstr("Complete requests:      101\n"));
  EXPECT_THAT(ab, HasSubstr("Non-2xx responses:      1\n"));
  EXPECT_THAT(ab, HasSubstr("Requests per second:    50.50 [#/sec] (mean)\n"));
  const auto hey = format_like_hey(some_run());
  EXPECT_THAT(hey, HasSubstr("Requests/sec:\t50.5000\n"));
  EXPECT_THAT(hey, HasSubstr("  [200]\t100 responses\n"));
  EXPECT_THAT(hey, HasSubstr("  0.001 [1]\t|"));  // the fastest
}

TEST(RunFormats, hgrm_ends_with_the_largest) {
  const auto text = format_hgrm(some_run().outcome.tally.successes());
  EXPECT_THAT(text, StartsWith("       Value     Percentile TotalCount 1/(1-Percentile)\n"));
  EXPECT_THAT(text, HasSubstr("0.000000000000          1 "));  // the fastest is counted
  EXPECT_THAT(text, HasSubstr("1.000000000000        100\n"));
  EXPECT_THAT(text, HasSubstr("Total count    =          100]"));
}

TEST(RunFormats, an_interval_log_has_a_tagged_line_for_each_outcome) {
  const auto text = IntervalLog(1s).finish(2s, some_run().outcome.tally.latencies());
  EXPECT_THAT(text, StartsWith("#[Histogram log format version 1.3]\n"));
  EXPECT_THAT(text, HasSubstr("\nTag=2xx_3xx,0.000,2.000,"));
  EXPECT_THAT(text, HasSubstr("\nTag=refused,0.000,2.000,"));
  EXPECT_THAT(text, HasSubstr(",HISTF"));  // how every compressed V2 histogram begins
}

TEST(RunFormats, an_interval_log_has_what_came_in_each_interval) {
  engine::Tally tally;
  IntervalLog log(1s);
  tally.add_response(200, 1ms);
  log.observe(500ms, tally.latencies());  // too early
  log.observe(1010ms, tally.latencies());
  tally.add_response(200, 3ms);
  tally.add_error(engine::Error::reset, 2ms);
  const auto text = log.finish(1500ms, tally.latencies());
  EXPECT_THAT(text, HasSubstr("\nTag=2xx_3xx,0.000,1.010,"));
  EXPECT_THAT(text, HasSubstr("\nTag=2xx_3xx,1.010,0.490,"));
  EXPECT_THAT(text, HasSubstr("\nTag=reset,1.010,0.490,"));
}

}  // namespace
}  // namespace sweetspot::loadgen
