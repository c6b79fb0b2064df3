#include "service/control/steering.hpp"

#include <gmock/gmock.h>

#include "tests/service/control/blocking_backend.hpp"
#include "tests/service/control/rig.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

using tests::Rig;
using tests::starting_at;

TEST(Steering, publishes_the_start_once) {
  Rig rig(starting_at(12));
  rig.run_for(3s);
  ASSERT_EQ(rig.decisions.size(), 1u);
  EXPECT_EQ(rig.decisions[0].verdict.reason, tuner::Reason::start);
  EXPECT_EQ(rig.decisions[0].verdict.to, 12);
  EXPECT_EQ(rig.decisions[0].verdict.sequence, 1u);
  EXPECT_EQ(rig.decisions[0].unix_time_ms, 1000000 * 1000);
}

TEST(Steering, finds_the_knee_of_the_documents_disk_and_holds_it) {
  Rig rig(starting_at(1));
  tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 200, rig.now);
  rig.run_for(60s, &backend);
  const auto status = rig.steering.status(rig.now);
  EXPECT_EQ(status.held_limit, 8);
  EXPECT_NEAR(status.recent.held_throughput, 600, 20);
  EXPECT_EQ(rig.limiter.limit(), status.limit);
}

TEST(Steering, ticks_once_a_second_while_idle_and_faster_under_load) {
  Rig rig(starting_at(8));
  rig.run_for(5s);
  EXPECT_EQ(rig.steering.tick(rig.now), 1s);
  tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 50, rig.now);
  rig.run_for(2s, &backend);
  EXPECT_LT(rig.steering.tick(rig.now), 1s);
}

TEST(Steering, never_moves_while_nothing_comes) {
  Rig rig(starting_at(8));
  rig.run_for(600s);
  EXPECT_EQ(rig.limiter.limit(), 8);
  EXPECT_EQ(rig.decisions.size(), 1u);
}

TEST(Steering, puts_a_pin_in_force_at_once_and_says_who_wanted_it) {
  Rig rig(starting_at(8));
  EXPECT_FALSE(rig.steering.pin(20, "night batch", rig.now));
  EXPECT_EQ(rig.limiter.limit(), 20);
  EXPECT_TRUE(rig.steering.status(rig.now).pinned);
  EXPECT_EQ(rig.decisions.back().verdict.reason, tuner::Reason::pinned);
  EXPECT_EQ(rig.decisions.back().comment, "night batch");
}

TEST(Steering, holds_a_pin_under_load_until_a_retune) {
  Rig rig(starting_at(8));
  tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 200, rig.now);
  rig.steering.pin(40, "", rig.now);
  rig.run_for(20s, &backend);
  EXPECT_EQ(rig.limiter.limit(), 40);
  EXPECT_FALSE(rig.steering.retune("", rig.now));
  EXPECT_FALSE(rig.steering.status(rig.now).pinned);
  rig.run_for(60s, &backend);
  EXPECT_LT(rig.steering.status(rig.now).held_limit, 16);
}

TEST(Steering, refuses_a_pin_outside_the_bounds_and_names_them) {
  Rig rig(starting_at(8));
  const auto refusal = rig.steering.pin(101, "", rig.now);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, Refusal::Kind::out_of_range);
  EXPECT_EQ(refusal->message, "limit: found 101, allowed: 1 to 100");
  EXPECT_TRUE(rig.steering.pin(0, "", rig.now));
  EXPECT_EQ(rig.limiter.limit(), 8);
}

TEST(Steering, starts_pinned_where_the_configuration_says_so) {
  Settings settings = starting_at(8);
  settings.pin = 30;
  Rig rig(settings);
  EXPECT_EQ(rig.limiter.limit(), 30);
  EXPECT_EQ(rig.steering.status(rig.now).state, tuner::State::pinned);
}

TEST(Steering, holds_the_start_size_where_the_algorithm_is_fixed) {
  Settings settings = starting_at(3);
  settings.algorithm = Algorithm::fixed;
  Rig rig(settings);
  tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 50, rig.now);
  rig.run_for(20s, &backend);
  EXPECT_EQ(rig.limiter.limit(), 3);
  EXPECT_EQ(rig.steering.status(rig.now).state, tuner::State::paused);
  EXPECT_THAT(rig.steering.retune("", rig.now)->message, HasSubstr("fixed"));
}

TEST(Steering, experiments_with_nothing_in_mode_shadow) {
  Settings settings = starting_at(3);
  settings.mode = admission::Mode::shadow;
  Rig rig(settings);
  tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 50, rig.now);
  rig.run_for(20s, &backend);
  EXPECT_EQ(rig.limiter.limit(), 3);
  EXPECT_GT(rig.steering.status(rig.now).recent.throughput, 500);
  EXPECT_EQ(rig.steering.retune("", rig.now)->kind, Refusal::Kind::not_tuning);
}

TEST(Steering, tells_the_last_ten_seconds_and_forgets_them_when_idle) {
  Rig rig(starting_at(8));
  {
    tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 50, rig.now);
    rig.steering.pin(8, "", rig.now);
    rig.run_for(20s, &backend);
    const auto recent = rig.steering.status(rig.now).recent;
    EXPECT_NEAR(tuner::seconds(recent.span), 9.5, 0.6);
    EXPECT_NEAR(recent.throughput, 600, 10);
    EXPECT_NEAR(tuner::milliseconds(recent.p99), 13.3, 1);
    EXPECT_EQ(recent.exploration_share, 0);
  }
  rig.run_for(20s);
  EXPECT_EQ(rig.steering.status(rig.now).recent.throughput, 0);
}

TEST(Steering, counts_what_was_answered_and_what_was_shed) {
  Rig rig(starting_at(8));
  rig.recorders[0]->completed(0, Outcome::success, 5ms, {}, 5ms, true);
  rig.recorders[0]->completed(0, Outcome::error_status, 5ms, {}, 5ms, true);
  rig.recorders[0]->shed(0, admission::ShedReason::queue_full);
  const auto status = rig.steering.status(rig.now);  // at once, as its classes
  rig.steering.tick(rig.now += 100ms);
  EXPECT_EQ(status.requests, 2u);
  EXPECT_EQ(status.shed, 1u);
  EXPECT_EQ(rig.steering.shed_during_probes(), 0u);
}

}  // namespace
}  // namespace sweetspot::control
