#include "loadgen/sweep/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "loadgen/knee/csv.hpp"

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Curve some_curve() {
  Curve curve;
  for (const auto& [size, throughput, p99] :
       {std::tuple(4, 400.0, 10ms), {8, 600.0, 15ms}, {16, 700.0, 30ms}}) {
    Level level;
    level.pool_size = size;
    level.throughput = throughput;
    level.p50 = Duration(p99) / 2;
    level.p99 = p99;
    level.threads = size + 4;
    level.in_flight_ratio = 1;
    level.valid = true;
    curve.levels.push_back(level);
  }
  Level invalid;
  invalid.pool_size = 32;
  curve.levels.push_back(invalid);
  curve.knee.sweet_spot = 8;
  curve.knee.sentence = "because";
  return curve;
}

TEST(SweepReport, has_the_promised_keys_in_json) {
  const auto json = nlohmann::json::parse(format_sweep_json(some_curve(), {}));
  ASSERT_EQ(json["levels"].size(), 4u);
  const auto& level = json["levels"][1];
  EXPECT_EQ(level["pool_size"], 8);
  EXPECT_EQ(level["throughput"], 600.0);
  EXPECT_EQ(level["p50_ms"], 7.5);
  EXPECT_EQ(level["p99_ms"], 15.0);
  EXPECT_EQ(level["threads"], 12);
  EXPECT_EQ(level["valid"], true);
  EXPECT_EQ(json["levels"][3]["valid"], false);
  EXPECT_TRUE(json["levels"][3]["threads"].is_null());
  for (const auto* key : {"sweet_spot", "low", "high", "confidence", "reason", "sentence"}) {
    EXPECT_TRUE(json["knee"].contains(key)) << key;
  }
  EXPECT_EQ(json["knee"]["sweet_spot"], 8);
}

TEST(SweepReport, has_null_for_a_sweet_spot_that_was_not_reached) {
  EXPECT_TRUE(nlohmann::json::parse(format_sweep_json({}, {}))["knee"]["sweet_spot"].is_null());
}

TEST(SweepReport, writes_a_csv_that_knee_reads) {
  std::istringstream in(format_sweep_csv(some_curve()));
  const auto curve = read_curve(in, "sweep");
  ASSERT_TRUE(curve) << curve.error;
  EXPECT_EQ((*curve).size(), 3u);
}

TEST(SweepReport, marks_levels_that_do_not_count) {
  EXPECT_THAT(format_table_row(some_curve().levels.back()), HasSubstr("INVALID"));
  EXPECT_THAT(format_table_foot(some_curve(), tuner::Objective::balanced),
              HasSubstr("sweet spot: 8 (balanced)\n"));
}

}  // namespace
}  // namespace sweetspot::loadgen
