#include "loadgen/sweep/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/sweep/chart.hpp"
#include "loadgen/sweep/html_report.hpp"

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

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
