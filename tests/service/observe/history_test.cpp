#include "service/observe/history.hpp"

#include <gmock/gmock.h>

#include "service/observe/live_messages.hpp"

namespace sweetspot::observe {
namespace {

using namespace std::chrono_literals;
using control::Outcome;
using testing::DoubleNear;

struct HistoryTest : testing::Test {
  HistoryTest() { recorders.push_back(std::make_unique<control::Recorder>()); }
  const Sample& a_second_later() { return history.take({}, now += 1s, ++unix_ms); }

  tuner::TimePoint now{1h};
  std::int64_t unix_ms = 0;
  control::Recorders recorders;
  admission::Limiter limiter{{}, 8, now};
  History history{limiter, recorders, now};
};

TEST_F(HistoryTest, tells_what_ended_within_the_second) {
  for (int i = 0; i < 100; ++i) recorders[0]->completed(0, Outcome::success, 10ms, 2ms, 12ms, true);
  recorders[0]->shed(0, admission::ShedReason::queue_full);
  const Sample& sample = a_second_later();
  EXPECT_EQ(sample.throughput, 100);
  EXPECT_EQ(sample.shed, 1);
  EXPECT_THAT(tuner::milliseconds(*sample.backend.p99), DoubleNear(10, 0.2));
  EXPECT_THAT(tuner::milliseconds(*sample.queue_wait.p50), DoubleNear(2, 0.1));
  EXPECT_THAT(tuner::milliseconds(*sample.total.p50), DoubleNear(12, 0.3));
}

TEST_F(HistoryTest, has_no_quantile_where_nothing_ended) {
  recorders[0]->completed(0, Outcome::success, 10ms, 2ms, 12ms, true);
  a_second_later();
  const Sample& sample = a_second_later();
  EXPECT_EQ(sample.throughput, 0);
  EXPECT_FALSE(sample.backend.p99.has_value());
}

TEST_F(HistoryTest, does_not_grow_beyond_ten_minutes) {
  for (std::size_t i = 0; i < 3 * History::capacity; ++i) a_second_later();
  EXPECT_EQ(history.samples().size(), History::capacity);
  EXPECT_EQ(history.samples().back().unix_ms, unix_ms);
}

}  // namespace
}  // namespace sweetspot::observe
