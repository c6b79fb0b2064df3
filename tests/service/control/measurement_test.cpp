#include "service/control/measurement.hpp"

#include <gtest/gtest.h>

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;

struct Nobody final : admission::Waiter {
  void granted(admission::Permit) override {}
  void shed(admission::ShedReason) override {}
};

struct MeasurementTest : testing::Test {
  MeasurementTest() {
    for (int i = 0; i < 2; ++i) recorders.push_back(std::make_unique<Recorder>());
  }
  TimePoint start{1h};
  admission::Limiter limiter{{}, 4, start};
  Recorders recorders;
};

TEST_F(MeasurementTest, adds_up_what_all_workers_counted) {
  Measurement measurement(limiter, recorders, start);
  recorders[0]->completed(0, Outcome::success, 10ms, {}, 10ms, true);
  recorders[1]->completed(3, Outcome::success, 20ms, {}, 20ms, true);
  recorders[1]->completed(0, Outcome::upstream_reset, 5ms, {}, 5ms, true);
  recorders[1]->completed(0, Outcome::client_abort, 5ms, {}, 5ms, true);
  recorders[0]->shed(0, admission::ShedReason::queue_timeout);
  const auto window = measurement.take(start + 1s).window;
  EXPECT_EQ(window.successes, 2u);
  EXPECT_EQ(window.failures, 1u);
  EXPECT_EQ(window.aborts, 1u);
  EXPECT_EQ(window.shed, 1u);
  EXPECT_EQ(window.latency.count(), 2u);
  EXPECT_EQ(window.span, 1s);
}

TEST_F(MeasurementTest, shows_only_what_came_since_the_last_window) {
  recorders[0]->completed(0, Outcome::success, 10ms, {}, 10ms, true);
  Measurement measurement(limiter, recorders, start);
  EXPECT_EQ(measurement.take(start + 1s).window.successes, 0u);
  recorders[0]->completed(0, Outcome::success, 10ms, {}, 10ms, true);
  EXPECT_EQ(measurement.take(start + 2s).window.latency.count(), 1u);
  EXPECT_EQ(measurement.take(start + 3s).window.latency.count(), 0u);
}

TEST_F(MeasurementTest, leaves_latencies_of_another_epoch_out_of_the_window) {
  Measurement measurement(limiter, recorders, start);
  recorders[0]->completed(0, Outcome::success, 10ms, {}, 10ms, false);
  const auto seen = measurement.take(start + 1s);
  EXPECT_EQ(seen.window.successes, 1u);
  EXPECT_TRUE(seen.window.latency.empty());
  EXPECT_EQ(seen.all_latency.count(), 1u);
}

TEST_F(MeasurementTest, integrates_what_is_in_flight_over_the_same_span) {
  Measurement measurement(limiter, recorders, start);
  Nobody waiter;
  {
    auto taken = limiter.acquire(waiter, start + 1s);
    const auto seen = measurement.take(start + 3s);
    EXPECT_NEAR(seen.window.in_flight_seconds, 2.0, 1e-9);
    EXPECT_EQ(seen.in_flight, 1);
    EXPECT_EQ(seen.window.limit, 4);
    taken.permit.release(start + 3s);
  }
  EXPECT_NEAR(measurement.take(start + 4s).window.in_flight_seconds, 0.0, 1e-9);
}

}  // namespace
}  // namespace sweetspot::control
