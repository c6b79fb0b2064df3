#include "service/control/drain.hpp"

#include <gtest/gtest.h>

namespace sweetspot::control {
namespace {

struct DrainTest : testing::Test {
  int started = 0;
  Drain drain{[this](const Order&) { ++started; }};
  std::vector<bool> told;
  void ask() {
    drain.when_drained([this](bool clean) { told.push_back(clean); });
  }
};

TEST_F(DrainTest, starts_once_however_often_it_is_begun) {
  EXPECT_EQ(drain.state(), Drain::State::serving);
  drain.begin("a test");
  drain.begin("a test");
  EXPECT_EQ(drain.state(), Drain::State::draining);
  EXPECT_EQ(started, 1);
}

TEST_F(DrainTest, tells_those_who_wait_once_and_those_who_ask_later_at_once) {
  ask();
  drain.begin("a test");
  ask();
  EXPECT_TRUE(told.empty());
  drain.finish(true);
  drain.finish(false);
  EXPECT_EQ(told, (std::vector<bool>{true, true}));
  ask();
  EXPECT_EQ(told, (std::vector<bool>{true, true, true}));
}

TEST_F(DrainTest, does_not_begin_anew_after_its_end) {
  drain.finish(false);
  drain.begin("a test");
  EXPECT_EQ(started, 0);
  ask();
  EXPECT_EQ(told, std::vector<bool>{false});
}

}  // namespace
}  // namespace sweetspot::control
