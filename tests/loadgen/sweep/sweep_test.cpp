#include "loadgen/sweep/sweep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "loadgen/backend/server.hpp"
#include "loadgen/targets/plan.hpp"

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SweepOfABackend : public ::testing::Test {
 protected:
  SweepOfABackend() : SweepOfABackend(settings()) {}
  explicit SweepOfABackend(const backend::Settings& settings) : server_(settings) {
    EXPECT_EQ(server_.bind(), "");
    thread_ = std::jthread([this] { server_.run(end_); });
    options_.target.url = "http://127.0.0.1:" + std::to_string(server_.port()) + "/";
    options_.to = 4;
    options_.step_time = 30ms;
  }

  ~SweepOfABackend() override {
    ::eventfd_write(end_, 1);
    thread_.join();
    ::close(end_);
  }

  Curve run(
      int stop = -1, const std::function<void(const Level&)>& finished = [](const Level&) {}) {
    SweepWatcher watcher;
    watcher.finished = [&](const Level& level, Part part) {
      if (part == Part::ladder) finished(level);
    };
    return sweep(*make_plan(options_.target), options_, stop, watcher);
  }

  // What is measured once it is good: a busy machine may spoil a short measurement.
  Curve run_in_some_tries(const std::function<bool(const Curve&)>& is_good) {
    Curve curve = run();
    for (int tries = 1; tries < 6 && !is_good(curve); ++tries) curve = run();
    return curve;
  }

  static backend::Settings settings() {
    backend::Settings settings;
    settings.model = {.kind = backend::ModelKind::sleep, .parallelism = 2, .service_time = 1ms};
    return settings;
  }

  SweepOptions options_;

 private:
  int end_ = ::eventfd(0, EFD_CLOEXEC);
  backend::Server server_;
  std::jthread thread_;
};

TEST_F(SweepOfABackend, measures_each_size_and_counts_the_threads_meanwhile) {
  options_.pid = getpid();
  std::vector<int> reported;
  const auto curve = run(-1, [&](const Level& level) { reported.push_back(level.pool_size); });
  EXPECT_EQ(curve.problem, "");
  EXPECT_THAT(reported, ::testing::ElementsAre(1, 2, 4));
  ASSERT_EQ(curve.levels.size(), 3u);
  for (const Level& level : curve.levels) {
    EXPECT_GT(level.throughput, 0);
    EXPECT_GT(level.p99, 0ns);
    EXPECT_GE(*level.threads, level.pool_size);
    EXPECT_EQ(level.failures, 0u);
  }
}

TEST_F(SweepOfABackend, ends_with_the_finished_levels_when_it_is_interrupted) {
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  const auto curve = run(stop, [&](const Level& level) {
    if (level.pool_size == 2) ::eventfd_write(stop, 1);
  });
  ::close(stop);
  EXPECT_TRUE(curve.interrupted);
  EXPECT_EQ(curve.stop.reason, "interrupted");
  EXPECT_EQ(curve.levels.size(), 2u);
}

TEST_F(SweepOfABackend, says_that_the_process_has_ended) {
  options_.pid = 0x7ffffffe;
  const auto curve = run();
  EXPECT_THAT(curve.problem, HasSubstr("has ended"));
  EXPECT_EQ(curve.stop.reason, "target_exited");
}

TEST_F(SweepOfABackend, stops_where_the_goal_is_missed) {
  options_.slo = {*parse_slo("p50=100us")};  // the work alone takes longer
  const auto curve = run();
  EXPECT_EQ(curve.stop.reason, "slo_exceeded");
  EXPECT_EQ(curve.levels.size(), 1u);
  EXPECT_FALSE(curve.knee.sweet_spot);
}

TEST_F(SweepOfABackend, answers_with_the_last_size_that_keeps_the_goal) {
  options_.slo = {*parse_slo("p50=1500us")};  // two at once take 1 ms, four 2 ms
  const auto curve = run();
  EXPECT_EQ(curve.stop.reason, "slo_exceeded");
  ASSERT_TRUE(curve.knee.sweet_spot);
  EXPECT_LE(*curve.knee.sweet_spot, 3);
}

TEST_F(SweepOfABackend, ends_when_its_time_is_over) {
  options_.deadline = 1ns;
  const auto curve = run();
  EXPECT_EQ(curve.stop.reason, "deadline");
  EXPECT_TRUE(curve.levels.empty());
}

TEST_F(SweepOfABackend, looks_between_the_steps_and_confirms) {
  options_.to = 16;
  const auto curve = run();
  if (!curve.knee.sweet_spot) GTEST_SKIP() << "too noisy a moment for a knee";
  EXPECT_TRUE(curve.confirmation);
  EXPECT_EQ(curve.confirmation->pool_size, *curve.knee.sweet_spot);
  EXPECT_EQ(curve.votes.size(), 4u);
  EXPECT_LE(curve.knee.low, *curve.knee.sweet_spot);
  EXPECT_GE(curve.knee.high, *curve.knee.sweet_spot);
}

TEST_F(SweepOfABackend, its_interval_ends_where_a_size_between_the_steps_surely_does_not_pay) {
  options_.step_time = 100ms;
  const auto curve = run();
  if (curve.knee.sweet_spot != 2) GTEST_SKIP() << "too noisy a moment for a knee";
  ASSERT_FALSE(curve.refinement.empty());
  const Level& three = curve.refinement.front();  // of two that are served at once
  ASSERT_EQ(three.pool_size, 3);
  const auto step =
      tuner::judge_step(point_of(curve.levels[1]), point_of(three), options_.objective);
  if (!three.valid || step.z > -2) GTEST_SKIP() << "too noisy a moment to tell 3 from 2";
  EXPECT_EQ(curve.knee.high, 3);
}

TEST_F(SweepOfABackend, measures_the_ladder_as_often_as_it_is_told) {
  options_.repeats = 2;
  options_.refine = false;
  options_.to = 2;
  const auto curve = run();
  ASSERT_EQ(curve.levels.size(), 2u);
  EXPECT_GE(curve.levels.front().requests, 2 * 30u);  // at 1 ms, 30 ms each time
}

// A server with two workers, each of which stays with its connection.
class SweepOfFewWorkers : public SweepOfABackend {
 protected:
  SweepOfFewWorkers() : SweepOfABackend(few_workers()) {}

  static backend::Settings few_workers() {
    auto settings = SweepOfABackend::settings();
    settings.model.parallelism = 100;
    settings.max_threads = 2;
    return settings;
  }
};

TEST_F(SweepOfFewWorkers, ends_where_not_every_connection_is_served) {
  options_.to = 16;
  const auto curve =
      run_in_some_tries([](const Curve& found) { return found.knee.sweet_spot == 2; });
  EXPECT_EQ(curve.stop.reason, "connections");
  EXPECT_THAT(curve.stop.sentence, HasSubstr("at 4 clients only 2 had an answer"));
  ASSERT_EQ(curve.levels.size(), 3u);
  EXPECT_EQ(curve.levels.back().invalid, "connections");
  EXPECT_EQ(curve.knee.sweet_spot, 2);
  EXPECT_EQ(curve.knee.reason, "connections");
  EXPECT_EQ(curve.knee.high, 4);
}

TEST_F(SweepOfFewWorkers, goes_on_where_clients_take_turns) {
  options_.target.keep_alive = false;
  const auto curve = run();
  EXPECT_EQ(curve.levels.size(), 3u);
  EXPECT_NE(curve.levels.back().invalid, "connections");
}

TEST(Sweep, ends_at_the_first_level_without_any_success) {
  SweepOptions options;
  options.target.url = "http://127.0.0.1:1/";  // nobody listens there
  options.step_time = 10ms;
  const auto curve = sweep(*make_plan(options.target), options, -1);
  EXPECT_EQ(curve.levels.size(), 1u);
  EXPECT_FALSE(curve.levels.front().valid);
  EXPECT_THAT(curve.problem, HasSubstr("connect"));
  EXPECT_EQ(curve.levels.front().invalid, "no_success");
  EXPECT_EQ(curve.stop.reason, "error_rate");
  EXPECT_EQ(curve.stop.sentence, curve.problem);
  EXPECT_FALSE(curve.knee.sweet_spot);
}

}  // namespace
}  // namespace sweetspot::loadgen
