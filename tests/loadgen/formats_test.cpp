#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/run/compat.hpp"
#include "loadgen/run/formats.hpp"
#include "loadgen/run/hdr.hpp"
#include "loadgen/run/interval_log.hpp"
#include "loadgen/sweep/chart.hpp"
#include "loadgen/sweep/formats.hpp"
#include "loadgen/sweep/html_report.hpp"

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

Curve some_curve() {
  Curve curve;
  for (const auto& [size, throughput] : {std::pair(4, 400.0), {8, 600.0}, {16, 700.0}}) {
    Level level;
    level.pool_size = size;
    level.throughput = throughput;
    level.p99 = size * 2ms;
    level.valid = true;
    curve.levels.push_back(level);
  }
  curve.levels.back().valid = false;
  curve.levels.back().invalid = "client_cpu";
  curve.knee = {.sweet_spot = 8,
                .low = 4,
                .high = 16,
                .confidence = 0.9,
                .reason = "plateau",
                .sentence = "8: because 0.2 < 0.3"};
  curve.stop = {"plateau", "8: because"};
  return curve;
}

TEST(SweepFormats, a_chart_marks_the_knee_and_says_why) {
  const auto svg = draw_chart(some_curve());
  EXPECT_THAT(svg, StartsWith("<svg xmlns"));
  EXPECT_THAT(svg, HasSubstr("sweet spot 8"));
  EXPECT_THAT(svg, HasSubstr("because 0.2 &lt; 0.3"));
  EXPECT_THAT(svg, HasSubstr("INVALID"));
}

TEST(SweepFormats, a_chart_of_nothing_is_a_chart) {
  EXPECT_THAT(draw_chart({}), HasSubstr("</svg>"));
}

TEST(SweepFormats, a_page_needs_nothing_beside_itself) {
  SweepOptions sweep_options;
  sweep_options.target.url = "http://host/?<script>";
  const auto page = format_html(some_curve(), sweep_options);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, HasSubstr("<h1>Sweet spot: 8</h1>"));
  EXPECT_THAT(page, HasSubstr("INVALID: client CPU"));
}

TEST(SweepFormats, a_sweep_without_a_knee_is_a_failed_case) {
  EXPECT_THAT(format_sweep_junit(some_curve(), {}), HasSubstr("failures=\"0\""));
  Curve rising = some_curve();
  rising.knee = {};
  rising.stop = {"max_reached", "at least 16"};
  EXPECT_THAT(format_sweep_junit(rising, {}), HasSubstr("<failure type=\"max_reached\""));
}

TEST(SweepFormats, markdown_and_prometheus_name_the_sweet_spot) {
  EXPECT_THAT(format_sweep_markdown(some_curve(), {}),
              StartsWith("**Sweet spot: 8** (balanced)\n"));
  EXPECT_THAT(format_sweep_prometheus(some_curve()), HasSubstr("\nsweetspot_load_sweet_spot 8\n"));
  EXPECT_THAT(format_sweep_prometheus(some_curve()),
              HasSubstr("sweetspot_load_throughput{pool_size=\"16\",valid=\"false\"} 700\n"));
}

}  // namespace
}  // namespace sweetspot::loadgen
