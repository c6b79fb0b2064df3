#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "tests/tuner/world.hpp"

// Each reason and each state can be reached, and every verdict with it carries a sentence.
namespace sweetspot::tuner {
namespace {

using std::chrono::minutes;

Settings settings(int initial, Objective objective = Objective::throughput) {
  Settings s;
  s.initial = initial;
  s.objective = objective;
  s.max = 64;
  return s;
}

Drive held(int initial, Objective objective = Objective::throughput) {
  Drive drive(settings(initial, objective), World{.rate = disk_rate});
  drive.until(State::hold);
  drive.run(std::chrono::seconds(30));
  return drive;
}

Drive run(Settings s, World world) {
  Drive drive(s, std::move(world));
  drive.run(minutes(1));
  return drive;
}

Drive with_bound() {
  Settings s = settings(4, Objective::latency);
  s.p99_bound = std::chrono::milliseconds(14);
  return run(s, World{.rate = disk_rate});
}

Drive remembered() {
  Settings s = settings(8);
  s.remembered = true;
  return run(s, World{.rate = disk_rate});
}

Drive in_turns() {
  Settings s = settings(8);
  s.in_turns = true;
  Drive drive(s, World{.rate = disk_rate});
  drive.verdicts.push_back(*drive.tuner.adopt(16, "from a neighbour", drive.now));
  for (bool allowed : {true, false})
    drive.verdicts.push_back(*drive.tuner.allow_exploration(allowed, "a test", drive.now));
  return drive;
}

Drive changed_to(std::function<double(int)> rate) {
  Drive drive = held(16);
  drive.world.rate = std::move(rate);
  drive.run(minutes(1));
  return drive;
}

Drive ordered(const std::function<Verdict(Tuner&)>& order) {
  Drive drive = held(8);
  drive.verdicts.push_back(order(drive.tuner));
  return drive;
}

Drive shedding() {
  World world{.rate = [](int) { return 600.0; }};
  world.in_flight_at = [](int) { return 7.5; };
  world.shed_at = [](int limit) { return limit <= 8 ? 0.1 : 0.02; };
  return run(settings(8), std::move(world));
}

Drive convoy() {
  auto stuck = std::make_shared<bool>(false);
  return run(settings(8), World{.rate = [stuck](int limit) {
               if (limit > 8) *stuck = true;
               if (limit < 4) *stuck = false;
               return *stuck ? 300.0 : disk_rate(std::min(limit, 8));
             }});
}

Drive degrading() {
  World world{.rate = [](int limit) { return 100.0 * std::pow(limit, 0.35); }};
  world.slow_at = [](int limit) { return limit > 8 ? 4.0 : 1.0; };
  return run(settings(8, Objective::balanced), std::move(world));
}

Drive sluggish() {  // e = 0.15 exactly, at which nothing can be told from e*
  World world{.rate = [](int limit) { return 10.0 * std::pow(limit, 0.15); }};
  return run(settings(8), std::move(world));
}

Drive filling() {
  World world{.rate = disk_rate};
  world.queue_fill_at = [](int limit) { return limit < 64 ? 0.7 : 0.1; };
  return run(settings(64), std::move(world));
}

Drive failing() {
  Drive drive = held(16);
  drive.world.failures = 0.3;
  drive.run(minutes(1));
  return drive;
}

Drive gone() {
  Drive drive = held(16);
  drive.world.failures = 1;
  drive.run(minutes(1));
  return drive;
}

Drive light() {
  World world{.rate = disk_rate};
  world.demand = 100;
  return run(settings(8), std::move(world));
}

class Reasons : public testing::TestWithParam<Reason> {};

Drive drive_to(Reason reason) {
  const TimePoint later{minutes(10)};
  switch (reason) {
    case Reason::start:
    case Reason::throughput_gain:
    case Reason::plateau:
      return held(1);
    case Reason::remembered:
      return remembered();
    case Reason::published:
    case Reason::turn_began:
    case Reason::turn_ended:
      return in_turns();
    case Reason::latency_degraded:
      return degrading();
    case Reason::throughput_loss:
      return changed_to([](int n) { return n > 16 ? 200.0 : disk_rate(n); });
    case Reason::shedding_relieved:
      return shedding();
    case Reason::smaller_is_enough:
    case Reason::smaller_is_worse:
      return held(64);
    case Reason::not_binding:
      return light();
    case Reason::inconclusive:
      return sluggish();
    case Reason::capacity_fell:
      return changed_to([](int n) { return disk_rate(n) / 3; });
    case Reason::capacity_rose:
      return changed_to([](int n) { return disk_rate(n) * 2; });
    case Reason::outage:
      return gone();
    case Reason::failures:
      return failing();
    case Reason::poisoned:
      return convoy();
    case Reason::probe_aborted:
      return filling();
    case Reason::p99_bound_met:
    case Reason::p99_bound_missed:
      return with_bound();
    case Reason::pinned:
      return ordered([&](Tuner& t) { return t.pin(4, later); });
    case Reason::unpinned:
      return ordered([&](Tuner& t) { return t.unpin(later); });
    case Reason::retune:
      return ordered([&](Tuner& t) { return t.retune(later); });
    case Reason::objective_changed:
      return ordered([&](Tuner& t) { return t.set_objective(Objective::balanced, {}, later); });
    case Reason::paused:
      return ordered([&](Tuner& t) { return t.pause(later); });
    case Reason::resumed:
      return ordered([&](Tuner& t) { return t.resume(later); });
    case Reason::bounds:
      return run(settings(100), World{.rate = disk_rate});
    case Reason::configured:
      break;  // the sidecar's word, not the tuner's
    case Reason::algorithm:
      return run({.algorithm = Algorithm::aimd, .initial = 4}, World{.rate = disk_rate});
  }
  return held(1);
}

TEST_P(Reasons, can_be_reached_and_has_a_sentence) {
  const Drive drive = drive_to(GetParam());
  const Verdict* verdict = drive.find(GetParam());
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->sentence.empty());
  EXPECT_NE(verdict->sentence.find(std::to_string(verdict->to)), std::string::npos);
}

std::vector<Reason> said_by_the_tuner() {
  std::vector<Reason> reasons(all_reasons().begin(), all_reasons().end());
  std::erase(reasons, Reason::configured);
  return reasons;
}

INSTANTIATE_TEST_SUITE_P(, Reasons, testing::ValuesIn(said_by_the_tuner()),
                         [](const auto& named) { return std::string(to_string(named.param)); });

TEST(States, can_all_be_reached) {
  std::set<State> seen;
  for (Reason reason :
       {Reason::start, Reason::smaller_is_enough, Reason::poisoned, Reason::failures}) {
    seen.merge(drive_to(reason).states);
  }
  seen.insert(drive_to(Reason::pinned).tuner.state());
  seen.insert(drive_to(Reason::paused).tuner.state());
  EXPECT_EQ(seen.size(), all_states().size());
}

TEST(Names, are_unique) {
  std::set<std::string_view> names;
  for (Reason reason : all_reasons()) names.insert(to_string(reason));
  EXPECT_EQ(names.size(), all_reasons().size());
  for (State state : all_states()) EXPECT_NE(to_string(state), "unknown");
}

TEST(Names, of_objectives_are_read_back) {
  for (Objective o : {Objective::balanced, Objective::throughput, Objective::latency}) {
    EXPECT_EQ(objective_from(to_string(o)), o);
  }
  EXPECT_FALSE(objective_from("fastest"));
}

}  // namespace
}  // namespace sweetspot::tuner
