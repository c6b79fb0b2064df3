#include "loadgen/backend/faults.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sweetspot::backend {
namespace {

using ::testing::HasSubstr;

TEST(Faults, are_none_at_first) {
  Faults faults(1);
  EXPECT_EQ(faults.draw_fate(), Faults::Fate::serve);
  EXPECT_TRUE(faults.delay());
  EXPECT_TRUE(faults.wait_out_stall());
}

TEST(Faults, strike_as_often_as_they_are_told_to) {
  Faults faults(1);
  ASSERT_EQ(faults.set(R"({"error_rate": 0.2, "reset_rate": 0.1})"), "");
  int errors = 0, resets = 0;
  for (int i = 0; i < 10000; ++i) {
    const auto fate = faults.draw_fate();
    errors += fate == Faults::Fate::error;
    resets += fate == Faults::Fate::reset;
  }
  EXPECT_NEAR(errors, 2000, 200);
  EXPECT_NEAR(resets, 1000, 150);
}

TEST(Faults, are_cleared_by_an_empty_object) {
  Faults faults(1);
  ASSERT_EQ(faults.set(R"({"error_rate": 1, "latency_ms": 20})"), "");
  EXPECT_EQ(nlohmann::json::parse(faults.to_json())["latency_ms"], 20.0);
  ASSERT_EQ(faults.set("{}"), "");
  EXPECT_EQ(faults.draw_fate(), Faults::Fate::serve);
  EXPECT_EQ(nlohmann::json::parse(faults.to_json())["latency_ms"], 0.0);
}

TEST(Faults, refuse_what_they_do_not_understand_and_change_nothing) {
  Faults faults(1);
  ASSERT_EQ(faults.set(R"({"error_rate": 1})"), "");
  for (const auto* text : {"", "[]", "7", "{", R"({"error_rate": 2})", R"({"error_rate": "1"})",
                           R"({"latency_ms": -1})", R"({"unheard_of": 1})"}) {
    EXPECT_THAT(faults.set(text), HasSubstr("allowed")) << text;
  }
  EXPECT_EQ(faults.draw_fate(), Faults::Fate::error);
}

TEST(Faults, of_a_warm_up_are_over_after_it) {
  Faults faults(1);
  ASSERT_EQ(faults.set(R"({"latency_ms": 3600000, "warm_up_ms": 0.0001})"), "");
  EXPECT_TRUE(faults.delay());  // else this would take an hour
}

TEST(Faults, let_nobody_wait_once_stopped) {
  Faults faults(1);
  ASSERT_EQ(faults.set(R"({"latency_ms": 3600000, "stall_ms": 3600000})"), "");
  faults.stop();
  EXPECT_FALSE(faults.delay());
  EXPECT_FALSE(faults.wait_out_stall());
}

}  // namespace
}  // namespace sweetspot::backend
