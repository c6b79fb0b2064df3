#include <gmock/gmock.h>

#include "tests/service/control/rig.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using tests::Rig;
using tests::starting_at;

TEST(SteeringOrders, keep_who_when_and_why_in_the_decision_log) {
  Rig rig(starting_at(8));
  rig.steering.pin(20, {"night batch", "alice"}, rig.now += 5s);
  const Decision& decision = rig.steering.decisions().entries().back();
  EXPECT_EQ(decision.who, "alice");
  EXPECT_EQ(decision.comment, "night batch");
  EXPECT_EQ(decision.action, "pin");
  EXPECT_EQ(decision.unix_time_ms, 1000005 * 1000);
  EXPECT_EQ(decision.verdict.sequence, 2u);
}

TEST(SteeringOrders, unpin_when_a_pin_expires) {
  Rig rig(starting_at(8));
  rig.steering.pin(20, "for a while", rig.now, 90s);
  EXPECT_EQ(rig.steering.status(rig.now).pin_expires_unix_ms, 1000090 * 1000);
  rig.run_for(89s);
  EXPECT_TRUE(rig.steering.status(rig.now).pinned);
  rig.run_for(1s);
  const auto status = rig.steering.status(rig.now);
  EXPECT_FALSE(status.pinned);
  EXPECT_EQ(status.limit, 20);
  EXPECT_EQ(status.pin_expires_unix_ms, 0);
  EXPECT_EQ(rig.decisions.back().verdict.reason, tuner::Reason::unpinned);
  EXPECT_EQ(rig.decisions.back().comment, "the pin expired");
}

TEST(SteeringOrders, replace_the_end_of_a_pin) {
  Rig rig(starting_at(8));
  rig.steering.pin(20, "", rig.now, 10s);
  rig.steering.pin(20, "longer", rig.now);
  rig.run_for(60s);
  EXPECT_TRUE(rig.steering.status(rig.now).pinned);
}

TEST(SteeringOrders, leave_what_is_already_so) {
  Rig rig(starting_at(8));
  rig.steering.pin(20, "", rig.now);
  const auto decisions = rig.decisions.size();
  rig.steering.pin(20, "", rig.now);
  rig.steering.set_mode(admission::Mode::enforce, "", rig.now);
  rig.steering.set_objective(tuner::Objective::balanced, {}, "", rig.now);
  rig.steering.set_bounds({.min = 1, .max = 100}, "", rig.now);
  rig.steering.resume("", rig.now);
  EXPECT_EQ(rig.decisions.size(), decisions);
  rig.steering.unpin("", rig.now);
  rig.steering.unpin("", rig.now);
  EXPECT_EQ(rig.decisions.size(), decisions + 1);
}

TEST(SteeringOrders, roll_back_to_what_an_earlier_verdict_settled_on) {
  Rig rig(starting_at(8));
  rig.steering.pin(20, "", rig.now);
  rig.steering.pin(40, "", rig.now);
  EXPECT_FALSE(rig.steering.roll_back(2, "20 was better", rig.now));
  EXPECT_EQ(rig.limiter.limit(), 20);
  EXPECT_EQ(rig.decisions.back().action, "rollback");
  const auto refusal = rig.steering.roll_back(77, "", rig.now);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->kind, Refusal::Kind::not_found);
  EXPECT_EQ(refusal->message, "sequence: found 77, kept: 1 to 4");
}

TEST(SteeringOrders, move_the_limit_into_new_bounds) {
  Rig rig(starting_at(40));
  EXPECT_FALSE(rig.steering.set_bounds({.min = {}, .max = 12}, "", rig.now));
  EXPECT_EQ(rig.limiter.limit(), 12);
  EXPECT_EQ(rig.steering.status(rig.now).limit_max, 12);
  EXPECT_EQ(rig.decisions.back().verdict.reason, tuner::Reason::bounds);
  EXPECT_TRUE(rig.steering.pin(13, "", rig.now));
  EXPECT_EQ(rig.steering.set_bounds({.min = 13, .max = {}}, "", rig.now)->field, "max");
  EXPECT_EQ(rig.steering.set_bounds({.min = -1, .max = {}}, "", rig.now)->field, "min");
}

TEST(SteeringOrders, pause_the_search_until_it_is_resumed) {
  Rig rig(starting_at(1));
  tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 200, rig.now);
  EXPECT_FALSE(rig.steering.pause("", rig.now));
  rig.run_for(30s, &backend);
  EXPECT_EQ(rig.limiter.limit(), 1);
  EXPECT_EQ(rig.steering.status(rig.now).state, tuner::State::paused);
  EXPECT_FALSE(rig.steering.resume("", rig.now));
  EXPECT_EQ(rig.steering.status(rig.now).state, tuner::State::hold);
  rig.steering.pin(5, "", rig.now);
  EXPECT_THAT(rig.steering.pause("", rig.now)->message, HasSubstr("pinned"));
}

TEST(SteeringOrders, choose_another_objective) {
  Rig rig(starting_at(8));
  EXPECT_FALSE(rig.steering.set_objective(tuner::Objective::latency, 50ms, "", rig.now));
  EXPECT_EQ(rig.steering.status(rig.now).objective, tuner::Objective::latency);
  EXPECT_EQ(rig.steering.status(rig.now).p99_bound, 50ms);
  EXPECT_EQ(rig.steering.set_objective(tuner::Objective::latency, {}, "", rig.now)->field,
            "p99_bound_ms");
  EXPECT_TRUE(rig.steering.set_objective(tuner::Objective::balanced, 50ms, "", rig.now));
}

TEST(SteeringOrders, stop_experiments_outside_enforce_and_search_again_within) {
  Rig rig(starting_at(1));
  tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 50, rig.now);
  EXPECT_FALSE(rig.steering.set_mode(admission::Mode::shadow, "", rig.now));
  EXPECT_EQ(rig.limiter.mode(), admission::Mode::shadow);
  rig.run_for(20s, &backend);
  EXPECT_EQ(rig.limiter.limit(), 1);
  EXPECT_FALSE(rig.steering.set_mode(admission::Mode::enforce, "", rig.now));
  EXPECT_NE(rig.steering.status(rig.now).state, tuner::State::paused);
  EXPECT_EQ(rig.decisions.back().verdict.sentence, "the mode is now enforce");
}

TEST(SteeringOrders, stop_experiments_for_a_drain) {
  Rig rig(starting_at(1));
  tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], 200, rig.now);
  rig.run_for(60s, &backend);
  rig.steering.begin_drain({"upgrade", "bob"}, rig.now);
  const auto held = rig.steering.status(rig.now).held_limit;
  const auto decisions = rig.decisions.size();
  rig.run_for(60s, &backend);
  EXPECT_EQ(rig.limiter.limit(), held);
  EXPECT_EQ(rig.decisions.size(), decisions);
  EXPECT_EQ(rig.steering.status(rig.now).state, tuner::State::drain);
  EXPECT_THAT(rig.steering.retune("", rig.now)->message, HasSubstr("drains"));
}

}  // namespace
}  // namespace sweetspot::control
