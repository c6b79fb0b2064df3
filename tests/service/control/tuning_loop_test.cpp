#include "service/control/tuning_loop.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

namespace sweetspot::control {
namespace {

struct TuningLoopTest : testing::Test {
  TuningLoopTest() { recorders.push_back(std::make_unique<Recorder>()); }
  boost::asio::io_context loop;
  Recorders recorders;
  admission::Limiter limiter{{}, 8, std::chrono::steady_clock::now()};
};

TEST_F(TuningLoopTest, runs_what_is_posted_on_its_own_thread) {
  TuningLoop tuning(loop, {}, limiter, recorders);
  tuning.start();
  int seen = 0;
  tuning.post([&](Steering& steering, TimePoint now) { seen = steering.status(now).limit; });
  EXPECT_EQ(seen, 0);
  loop.run_one();
  EXPECT_EQ(seen, 8);
}

TEST_F(TuningLoopTest, carries_out_an_order_in_one_step_of_the_loop) {
  TuningLoop tuning(loop, {}, limiter, recorders);
  tuning.start();
  tuning.post_order([](Steering& steering, TimePoint now) { steering.pin(5, "", now); });
  loop.run_one();
  EXPECT_EQ(limiter.limit(), 5);
}

TEST_F(TuningLoopTest, leaves_the_loop_without_work_when_it_is_stopped) {
  TuningLoop tuning(loop, {}, limiter, recorders);
  tuning.start();
  tuning.stop();
  loop.run();
  EXPECT_EQ(limiter.limit(), 8);
}

TEST_F(TuningLoopTest, may_end_before_what_was_posted_to_it) {
  {
    TuningLoop tuning(loop, {}, limiter, recorders);
    tuning.start();
    tuning.post_order([](Steering& steering, TimePoint now) { steering.pin(5, "", now); });
  }
  loop.run();
  EXPECT_EQ(limiter.limit(), 5);
}

TEST_F(TuningLoopTest, keeps_the_limit_and_goes_on_where_a_step_throws) {
  TuningLoop tuning(loop, {}, limiter, recorders);
  std::vector<std::string> problems;
  tuning.on_failure([&](const std::string& problem) { problems.push_back(problem); });
  tuning.start();
  bool broken = true;
  tuning.steering().on_decision([&](const Decision&) {
    if (broken) throw std::runtime_error("out of order");
  });
  tuning.post_order([](Steering& steering, TimePoint now) { steering.pin(5, "", now); });
  loop.poll();
  EXPECT_THAT(problems, testing::ElementsAre("out of order"));
  EXPECT_EQ(limiter.limit(), 5);
  broken = false;
  tuning.post_order([](Steering& steering, TimePoint now) { steering.pin(6, "", now); });
  loop.poll();
  EXPECT_EQ(limiter.limit(), 6);
}

}  // namespace
}  // namespace sweetspot::control
