// What the tuner says it would do while nothing is held back.
#include <gmock/gmock.h>

#include <random>

#include "service/control/shadow_curve.hpp"
#include "tests/service/control/blocking_backend.hpp"
#include "tests/service/control/rig.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using tests::Rig;

Settings in_shadow(int limit) {
  Settings settings = tests::starting_at(limit);
  settings.mode = admission::Mode::shadow;
  return settings;
}

// Demand that rises and falls by itself, as over a day.
void play_a_day(Rig& rig, std::initializer_list<int> demand) {
  for (const int clients : demand) {
    tests::BlockingBackend backend(rig.limiter, *rig.recorders[0], clients, rig.now);
    rig.run_for(20s, &backend);
  }
}

TEST(Shadow, says_where_it_would_hold_once_demand_has_shown_the_knee) {
  Rig rig(in_shadow(20));
  play_a_day(rig, {2, 4, 8, 16, 32, 64});
  const auto status = rig.steering.status(rig.now);
  ASSERT_TRUE(status.advised_limit);
  EXPECT_EQ(*status.advised_limit, 8);
  EXPECT_EQ(rig.decisions.back().action, "advice");
  EXPECT_THAT(rig.decisions.back().verdict.sentence,
              HasSubstr("would hold 8: doubling from 8 to 16"));
  EXPECT_EQ(status.state, tuner::State::paused);
  EXPECT_EQ(status.held_limit, 20);  // the tuner's own is as it was
}

TEST(Shadow, counts_by_the_limit_that_it_would_hold) {
  Rig rig(in_shadow(20));
  play_a_day(rig, {2, 4, 8, 16, 32, 64});
  EXPECT_EQ(rig.limiter.limit(), 8);
  const auto before = rig.limiter.read(rig.now).would_queue;
  play_a_day(rig, {8});
  EXPECT_EQ(rig.limiter.read(rig.now).would_queue, before);
  play_a_day(rig, {9});
  EXPECT_GT(rig.limiter.read(rig.now).would_queue, before);
}

TEST(Shadow, says_nothing_of_a_knee_that_no_demand_has_reached) {
  Rig rig(in_shadow(20));
  play_a_day(rig, {1, 2, 4});
  EXPECT_FALSE(rig.steering.status(rig.now).advised_limit);
  EXPECT_EQ(rig.limiter.limit(), 20);
}

TEST(Shadow, says_nothing_of_one_steady_load) {
  Rig rig(in_shadow(20));
  play_a_day(rig, {64});
  EXPECT_FALSE(rig.steering.status(rig.now).advised_limit);
}

TEST(Shadow, gives_the_limit_back_to_the_tuner_when_it_is_enforced) {
  Rig rig(in_shadow(20));
  play_a_day(rig, {2, 4, 8, 16, 32, 64});
  rig.steering.set_mode(admission::Mode::enforce, "", rig.now);
  EXPECT_EQ(rig.limiter.limit(), 20);
}

// A window of a second at `in_flight`, of a backend with that throughput.
tuner::Window second_at(double in_flight, double throughput) {
  tuner::Window window;
  window.span = 1s;
  window.in_flight_seconds = in_flight;
  window.successes = static_cast<std::uint64_t>(throughput);
  window.latency.record(
      tuner::Duration(static_cast<tuner::Duration::rep>(1e9 * in_flight / throughput)),
      window.successes);
  return window;
}

std::optional<tuner::Knee> judged(const ShadowCurve& curve, TimePoint now) {
  return curve.judge(tuner::Objective::balanced, {}, {}, now);
}

TEST(ShadowCurve, is_less_sure_where_the_backend_was_not_the_same_all_along) {
  ShadowCurve steady, wandering;
  std::mt19937 random(7);
  std::uniform_real_distribution<double> factor(0.6, 1.4);
  TimePoint now{1h};
  for (int i = 0; i < 20; ++i) {
    for (const auto& [n, x] : {std::pair{2.0, 200.0}, {4.0, 400.0}, {8.0, 600.0}, {16.0, 700.0}}) {
      steady.add(second_at(n, x), now += 1s);
      wandering.add(second_at(n, x * factor(random)), now);
    }
  }
  ASSERT_TRUE(judged(steady, now) && judged(wandering, now));
  EXPECT_EQ(judged(steady, now)->sweet_spot, 8);
  EXPECT_LT(judged(wandering, now)->confidence, judged(steady, now)->confidence);
}

TEST(ShadowCurve, forgets_what_is_an_hour_old) {
  ShadowCurve curve;
  TimePoint now{1h};
  for (int i = 0; i < 20; ++i) {
    curve.add(second_at(4, 400), now += 1s);
    curve.add(second_at(16, 450), now += 1s);
  }
  EXPECT_TRUE(judged(curve, now));
  EXPECT_FALSE(judged(curve, now + 61min));
}

}  // namespace
}  // namespace sweetspot::control
