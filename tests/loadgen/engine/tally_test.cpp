#include "loadgen/engine/tally.hpp"

#include <gtest/gtest.h>

namespace sweetspot::engine {
namespace {

using namespace std::chrono_literals;

TEST(Tally, takes_only_successes_for_the_latency) {
  Tally tally;
  tally.add_response(200, 10ms);
  tally.add_response(404, 30ms);
  for (const int status : {408, 429, 500, 503}) tally.add_response(status, 1ms);
  EXPECT_EQ(tally.success_count(), 2u);
  EXPECT_EQ(tally.success_time, 40ms);
  EXPECT_EQ(tally.answers[static_cast<std::size_t>(Answer::refused)].count(), 3u);
  EXPECT_EQ(tally.answers[static_cast<std::size_t>(Answer::server_error)].count(), 1u);
  EXPECT_EQ(tally.statuses[503], 1u);
}

TEST(Tally, counts_an_attempt_whatever_came_of_it) {
  Tally tally;
  tally.add_response(200, 1ms);
  tally.add_response(500, 1ms);
  tally.add_error(Error::timeout);
  EXPECT_EQ(tally.requests(), 3u);
}

TEST(Tally, merges) {
  Tally one, other;
  one.add_response(200, 1ms);
  one.last = TimePoint{5s};
  other.add_response(200, 3ms);
  other.add_error(Error::reset);
  other.last = TimePoint{4s};
  one.merge(other);
  EXPECT_EQ(one.requests(), 3u);
  EXPECT_EQ(one.success_time, 4ms);
  EXPECT_EQ(one.last, TimePoint{5s});
}

}  // namespace
}  // namespace sweetspot::engine
