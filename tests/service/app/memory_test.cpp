#include "service/memory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sweetspot::service {
namespace {

using namespace std::chrono_literals;

struct MemoryTest : testing::Test {
  MemoryTest() { config.memory.file = folder / "state"; }
  static control::Status holding(int limit) {
    control::Status status;
    status.held_limit = limit;
    status.state = tuner::State::hold;
    return status;
  }
  void measure(int limit) {
    control::Decision decision;
    decision.verdict.lo =
        tuner::Arm{.limit = limit, .samples = 100, .throughput = 600, .in_flight = limit - 0.1};
    curve.note(decision);
  }
  std::optional<int> limit_of_next_run() const { return Memory(config, 4, log).limit(); }

  control::LoadCurve curve;
  const support::TempFolder own;
  const std::filesystem::path folder = own.path();
  config::Config config;
  observe::Log log{{.level = observe::LogLevel::error}};
};

TEST_F(MemoryTest, gives_the_next_run_the_limit_that_was_held) {
  EXPECT_FALSE(limit_of_next_run());
  { Memory(config, 4, log).note(holding(12), curve, tuner::TimePoint(1h)); }
  EXPECT_EQ(limit_of_next_run(), 12);
}

TEST_F(MemoryTest, keeps_the_remembered_limit_within_the_bounds_of_today) {
  { Memory(config, 4, log).save(holding(200), curve); }
  config.limit.max = 50;
  EXPECT_EQ(limit_of_next_run(), 50);
}

TEST_F(MemoryTest, learns_nothing_from_a_pin_or_from_a_search) {
  auto pinned = holding(99);
  pinned.pinned = true;
  auto climbing = holding(98);
  climbing.state = tuner::State::climb;
  {
    Memory memory(config, 4, log);
    memory.save(pinned, curve);
    memory.save(climbing, curve);
  }
  EXPECT_FALSE(limit_of_next_run());
}

TEST_F(MemoryTest, keeps_apart_what_was_good_for_an_objective_of_the_operators_choice) {
  auto status = holding(12);
  status.objective = tuner::Objective::throughput;
  { Memory(config, 4, log).save(status, curve); }
  EXPECT_FALSE(limit_of_next_run());
  config.tuning.objective = tuner::Objective::throughput;
  EXPECT_EQ(limit_of_next_run(), 12);
}

TEST_F(MemoryTest, forgets_when_the_upstream_or_the_machine_is_another) {
  { Memory(config, 4, log).save(holding(12), curve); }
  EXPECT_FALSE(Memory(config, 8, log).limit());
  config.upstream_version = "2.0";
  EXPECT_FALSE(limit_of_next_run());
  config.upstream_version.clear();
  EXPECT_EQ(limit_of_next_run(), 12);
  config.proxy.upstream.front().port = 9999;
  EXPECT_FALSE(limit_of_next_run());
}

TEST_F(MemoryTest, keeps_what_was_learnt_of_the_curve_while_the_same_limit_is_held) {
  {
    Memory memory(config, 4, log);
    memory.note(holding(12), curve, tuner::TimePoint(1h));
    measure(8);
    memory.note(holding(12), curve, tuner::TimePoint(1h + 1s));
    measure(16);
    auto probing = holding(12);
    probing.state = tuner::State::probe;
    memory.save(probing, curve);
  }
  EXPECT_EQ(limit_of_next_run(), 12);
  EXPECT_EQ(Memory(config, 4, log).curve(), curve.points());
}

TEST_F(MemoryTest, gives_the_next_run_the_curve_beside_the_limit) {
  measure(8);
  { Memory(config, 4, log).save(holding(12), curve); }
  EXPECT_EQ(Memory(config, 4, log).curve(), curve.points());
  config.upstream_version = "2.0";
  EXPECT_TRUE(Memory(config, 4, log).curve().empty());
}

TEST_F(MemoryTest, writes_nothing_where_no_file_is_configured) {
  config.memory.file.clear();
  { Memory(config, 4, log).save(holding(12), curve); }
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace sweetspot::service
