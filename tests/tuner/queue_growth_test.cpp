#include "tuner/queue_growth.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace sweetspot::tuner {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double most = 150;  // a second
constexpr Duration tick = milliseconds(200);

Window queued(double mean, int limit = 8) {
  Window window;
  window.limit = limit;
  window.span = tick;
  window.queued_seconds = mean * tuner::seconds(tick);
  return window;
}

// What is queued as a function of time, in seconds.
QueueGrowth seen(const std::function<double(double)>& at, Duration span = seconds(10)) {
  QueueGrowth growth;
  for (Duration t{}; t <= span; t += tick)
    growth.add(queued(at(tuner::seconds(t))), TimePoint(t), seconds(2));
  return growth;
}

TEST(QueueGrowth, goes_on_where_a_little_more_comes_than_is_served) {
  EXPECT_TRUE(seen([](double t) { return 50 * t; }).goes_on(most));
}

TEST(QueueGrowth, must_have_lasted_for_two_spans) {
  const auto steady = [](double t) { return 50 * t; };
  EXPECT_FALSE(QueueGrowth().goes_on(most));
  EXPECT_FALSE(seen(steady, milliseconds(3800)).goes_on(most));
  EXPECT_TRUE(seen(steady, seconds(4)).goes_on(most));
}

TEST(QueueGrowth, does_not_go_on_where_clients_wait_for_their_answers) {
  EXPECT_FALSE(seen([](double) { return 992.0; }).goes_on(most));
  EXPECT_FALSE(seen([](double t) { return t < 7 ? 0.0 : 248.0; }).goes_on(most));  // a jump
}

TEST(QueueGrowth, does_not_go_on_where_a_long_queue_wavers) {
  const auto wavers = [](double t) { return 1400 + (t > 7 ? 60 : t > 5 ? 30 : 0); };
  EXPECT_FALSE(seen(wavers).goes_on(most));
}

TEST(QueueGrowth, does_not_count_where_far_more_comes) {
  EXPECT_FALSE(seen([](double t) { return 300 * t; }).goes_on(most));
}

TEST(QueueGrowth, begins_anew_at_another_limit) {
  QueueGrowth growth = seen([](double t) { return 50 * t; });
  growth.add(queued(510, 16), TimePoint(seconds(10)), seconds(2));
  EXPECT_FALSE(growth.goes_on(most));
}

}  // namespace
}  // namespace sweetspot::tuner
