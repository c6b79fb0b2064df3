#include "service/observe/live_messages.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "service/control/api_messages.hpp"

namespace sweetspot::observe {
namespace {

using testing::DoubleNear;

constexpr double three_decimals = 0.00051;

control::Decision compared(int lo, double lo_rate, int hi, double hi_rate) {
  const auto arm = [](int limit, double rate) {
    return tuner::Arm{.limit = limit,
                      .samples = 4000,
                      .throughput = rate,
                      .in_flight = static_cast<double>(limit),
                      .p50 = std::chrono::milliseconds(10),
                      .p99 = std::chrono::milliseconds(15)};
  };
  control::Decision decision;
  decision.verdict.lo = arm(lo, lo_rate);
  decision.verdict.hi = arm(hi, hi_rate);
  decision.verdict.elasticity = 0.2225;
  return decision;
}

control::LearntCurve learnt_from(const std::vector<control::Decision>& decisions) {
  control::LoadCurve curve;
  for (const auto& decision : decisions) curve.note(decision);
  return {.points = curve.points(),
          .steps = curve.steps(),
          .knee = curve.knee(tuner::Objective::balanced, {}, {}),
          .e_star = 0.4,
          .held_limit = 8};
}

nlohmann::json knee_on_the_page(const control::LearntCurve& curve) {
  const std::string event = curve_event(curve);
  return nlohmann::json::parse(event.substr(event.find('{')))["knee"];
}

TEST(LiveMessages, name_what_is_down_and_nothing_else) {
  Moment moment;
  moment.status.addresses = {
      {.address = "b:1", .problem = "Connection refused", .down_since_unix_ms = 1700000000000},
      {.address = "a:1"}};
  const std::string event = verdict_event(moment, {}, {});
  const auto down =
      nlohmann::json::parse(event.substr(event.find('{')))["status"]["addresses_down"];
  ASSERT_EQ(down.size(), 1u);
  EXPECT_EQ(down[0]["address"], "b:1");
  EXPECT_EQ(down[0]["problem"], "Connection refused");
  EXPECT_EQ(down[0]["since_ms"], 1700000000000);
}

TEST(LiveMessages, show_the_curve_that_the_api_shows) {
  const auto curve =
      learnt_from({compared(1, 60, 2, 120), compared(4, 400, 8, 600), compared(8, 590, 16, 700)});
  const auto message = control::to_message(curve);
  const auto page = knee_on_the_page(curve);
  ASSERT_EQ(page["points"].size(), 5u);
  ASSERT_EQ(message.points_size(), 5);
  for (int i = 0; i < 5; ++i) {
    const auto& on_page = page["points"][static_cast<std::size_t>(i)];
    const auto& in_api = message.points(i);
    EXPECT_EQ(on_page["limit"], in_api.limit());
    EXPECT_EQ(on_page["samples"], in_api.samples());
    EXPECT_EQ(on_page["stale"], in_api.stale());
    EXPECT_THAT(on_page["throughput"].get<double>(),
                DoubleNear(in_api.throughput(), three_decimals));
    EXPECT_THAT(on_page["throughput_low"].get<double>(),
                DoubleNear(in_api.throughput_low(), three_decimals));
    EXPECT_THAT(on_page["p99_ms"].get<double>(), DoubleNear(in_api.p99_ms(), three_decimals));
  }
  ASSERT_EQ(page["steps"].size(), 4u);
  for (int i = 1; i < 5; ++i) {
    const auto& step = page["steps"][static_cast<std::size_t>(i - 1)];
    EXPECT_EQ(step["to"], message.points(i).limit());
    EXPECT_EQ(step["compared"], message.points(i).compared());
    EXPECT_THAT(step["elasticity"].get<double>(),
                DoubleNear(message.points(i).elasticity(), three_decimals));
  }
  EXPECT_EQ(page["sweet_spot"], message.sweet_spot());
  EXPECT_EQ(page["sentence"], message.sentence());
  EXPECT_EQ(page["e_star"], message.e_star());
}

TEST(LiveMessages, name_no_sweet_spot_where_none_is_known) {
  const auto page = knee_on_the_page(learnt_from({}));
  EXPECT_FALSE(page.contains("sweet_spot"));
  EXPECT_TRUE(page["points"].empty());
  EXPECT_EQ(control::to_message(learnt_from({})).sweet_spot(), 0);
}

TEST(LiveMessages, are_one_event_whatever_an_operator_wrote) {
  control::Decision decision;
  decision.comment = "a\n\nevent: forged\r\n\xff\x1b[31m";
  const auto event = verdict_event({}, {}, decision);
  EXPECT_TRUE(event.starts_with("event: verdict\ndata: {"));
  EXPECT_EQ(event.find('\n', event.find("data: ")), event.size() - 2);
  EXPECT_EQ(event.find('\x1b'), std::string::npos);
  EXPECT_EQ(event.find('\r'), std::string::npos);
}

}  // namespace
}  // namespace sweetspot::observe
