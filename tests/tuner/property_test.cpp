#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "tests/tuner/world.hpp"

namespace sweetspot::tuner {
namespace {

using Ms = std::chrono::milliseconds;

Settings any_settings() {
  Settings s;
  s.objective = *rc::gen::element(Objective::balanced, Objective::throughput, Objective::latency);
  s.min = *rc::gen::inRange(1, 10);
  s.max = s.min + *rc::gen::inRange(0, 300);
  s.initial = *rc::gen::inRange(-5, 500);
  if (s.objective == Objective::latency) s.p99_bound = Ms(*rc::gen::inRange(1, 500));
  return s;
}

// A window that no honest measurement would make, now and then.
Window any_window(int limit) {
  const auto count = [] {
    return *rc::gen::weightedOneOf<std::uint64_t>(
        {{8, rc::gen::inRange<std::uint64_t>(0, 200)},
         {1, rc::gen::just(std::numeric_limits<std::uint64_t>::max())}});
  };
  const auto real = [] {
    return *rc::gen::weightedElement<double>({{4, 0.0},
                                              {8, 0.1},
                                              {8, 1.0},
                                              {1, -1.0},
                                              {1, 1e300},
                                              {1, std::nan("")},
                                              {1, std::numeric_limits<double>::infinity()}});
  };
  Window w;
  w.limit = *rc::gen::weightedElement<int>({{20, limit}, {1, limit + 1}, {1, 0}, {1, -7}});
  w.epoch = *rc::gen::weightedElement<std::uint64_t>({{20, 5}, {1, 0}});
  w.span = Ms(*rc::gen::weightedElement<int>({{10, 5}, {10, 100}, {5, 1000}, {1, 0}, {1, -5}}));
  w.successes = count();
  w.failures = *rc::gen::weightedElement<std::uint64_t>({{5, 0}, {1, 50}});
  w.shed = *rc::gen::weightedElement<std::uint64_t>({{5, 0}, {1, 50}});
  w.in_flight_seconds = real();
  w.queue_fill = real();
  w.at_limit = Ms(*rc::gen::inRange(-10, 1000));
  if (w.successes < 1000) w.latency.record(Ms(*rc::gen::inRange(-5, 5000)), w.successes);
  return w;
}

bool is_finite(const Verdict& v) {
  const auto arm = [](const std::optional<Arm>& a) {
    return !a || (std::isfinite(a->throughput) && std::isfinite(a->in_flight) &&
                  std::isfinite(a->shed_share) && std::isfinite(a->failure_share));
  };
  return std::isfinite(v.elasticity) && std::isfinite(v.z) && std::isfinite(v.e_star) &&
         arm(v.lo) && arm(v.hi);
}

RC_GTEST_PROP(Tuner, keeps_to_its_bounds_and_to_numbers_whatever_it_is_fed, ()) {
  const Settings settings = any_settings();
  Tuner tuner(settings, TimePoint{});
  TimePoint now{};
  for (int i = 0; i < 200; ++i) {
    now += Ms(*rc::gen::inRange(-50, 500));
    const Step step = tuner.step(any_window(tuner.limit()), now);
    RC_ASSERT(step.limit >= settings.min && step.limit <= settings.max);
    RC_ASSERT(step.limit == tuner.limit());
    RC_ASSERT(tuner.held_limit() >= settings.min && tuner.held_limit() <= settings.max);
    RC_ASSERT(step.next_tick >= Ms(1) && step.next_tick <= std::chrono::seconds(1));
    if (step.verdict) RC_ASSERT(is_finite(*step.verdict) && !step.verdict->sentence.empty());
  }
}

World any_world() {
  const int knee = *rc::gen::inRange(1, 100);
  const double each = *rc::gen::inRange(1, 500);
  World world{.rate = [=](int limit) { return each * std::min(limit, knee); }};
  return world;
}

RC_GTEST_PROP(Tuner, never_climbs_where_the_limit_does_not_bind, ()) {
  Settings settings = any_settings();
  settings.initial = *rc::gen::inRange(settings.min, settings.max + 1);
  World world = any_world();
  world.demand = 0.9 * world.rate(settings.initial);
  Drive drive(settings, world);
  drive.run(std::chrono::seconds(20));
  RC_ASSERT(drive.largest_limit <= drive.tuner.settings().initial);
}

RC_GTEST_PROP(Tuner, answers_the_same_to_the_same, ()) {
  const Settings settings = any_settings();
  const World world = any_world();
  Drive a(settings, world), b(settings, world);
  a.run(std::chrono::seconds(20));
  b.run(std::chrono::seconds(20));
  RC_ASSERT(a.verdicts.size() == b.verdicts.size());
  for (std::size_t i = 0; i < a.verdicts.size(); ++i) {
    RC_ASSERT(a.verdicts[i].sentence == b.verdicts[i].sentence);
    RC_ASSERT(a.verdicts[i].at == b.verdicts[i].at);
  }
}

RC_GTEST_PROP(Tuner, never_settles_past_twice_the_knee, ()) {
  Settings settings;
  settings.objective = *rc::gen::element(Objective::balanced, Objective::throughput);
  settings.initial = *rc::gen::inRange(1, 64);
  const int knee = *rc::gen::inRange(2, 60);
  Drive drive(settings, World{.rate = [=](int n) { return 100.0 * std::min(n, knee); }});
  drive.run(std::chrono::seconds(60));
  RC_ASSERT(drive.tuner.held_limit() <= 2 * knee);
  RC_ASSERT(2 * drive.tuner.held_limit() >= knee);
}

}  // namespace
}  // namespace sweetspot::tuner
