#include "service/control/own_load.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "service/platform/process.hpp"
#include "tests/service/control/rig.hpp"

namespace sweetspot::control {
namespace {

using namespace std::chrono_literals;
using tests::Rig;
using tests::starting_at;

// Runs until the kernel has counted it.
void burn(std::chrono::milliseconds time) {
  const platform::ThreadLoad load(::gettid());
  const auto begin = load.wanted_cpu();
  while (begin && *load.wanted_cpu() - *begin < time) {
  }
}

bool kernel_counts() { return platform::ThreadLoad(::gettid()).wanted_cpu().has_value(); }

// The thread of the test is the I/O thread here, on a clock that the test moves.
struct OwnLoadTest : testing::Test {
  void SetUp() override {
    if (!kernel_counts()) GTEST_SKIP() << "this kernel does not count the run time of threads";
    rig.recorders.front()->serves_on(::gettid());
    burn(10ms);
    step(500ms);
  }
  void step(Duration passed) {
    rig.now += passed;
    rig.steering.tick(rig.now);
  }
  Rig rig{starting_at(8)};
};

TEST_F(OwnLoadTest, pauses_the_tuner_while_the_io_thread_is_full) {
  burn(500ms);
  step(500ms);
  EXPECT_EQ(rig.steering.status(rig.now).state, tuner::State::paused);
  EXPECT_EQ(rig.decisions.back().verdict.reason, tuner::Reason::paused);
  EXPECT_EQ(rig.decisions.back().verdict.sentence,
            "stay at 8: paused: the sidecar's own I/O threads are full");
  EXPECT_EQ(rig.decisions.back().who, "sweetspot");
  EXPECT_NE(rig.decisions.back().comment.find("the sidecar's own I/O thread is busy"),
            std::string::npos);
  EXPECT_GT(rig.steering.busiest_thread(), 0.9);
  EXPECT_EQ(rig.limiter.limit(), 8);
  step(60s);
  EXPECT_EQ(rig.decisions.back().verdict.reason, tuner::Reason::resumed);
  EXPECT_EQ(rig.decisions.back().verdict.sentence,
            "stay at 8: resumed: the sidecar's own I/O threads are free again");
  EXPECT_NE(rig.steering.status(rig.now).state, tuner::State::paused);
}

TEST_F(OwnLoadTest, leaves_an_operators_pin_alone) {
  rig.steering.pin(5, "", rig.now);
  burn(500ms);
  step(500ms);
  EXPECT_TRUE(rig.steering.status(rig.now).pinned);
  step(60s);
  EXPECT_TRUE(rig.steering.status(rig.now).pinned);
  EXPECT_EQ(rig.limiter.limit(), 5);
}

TEST_F(OwnLoadTest, does_not_mind_a_thread_that_is_half_busy) {
  burn(250ms);
  step(500ms);
  EXPECT_NE(rig.steering.status(rig.now).state, tuner::State::paused);
}

}  // namespace
}  // namespace sweetspot::control
