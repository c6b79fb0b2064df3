#include <gtest/gtest.h>

#include "tests/tuner/world.hpp"
#include "tuner/algorithms/rule.hpp"

// What each of the field's algorithms is known to do, for better or worse.
namespace sweetspot::tuner {
namespace {

World servers(int count) {
  return {.rate = [count](int n) { return std::min(n, count) * 100.0; }};
}

Drive drive(Algorithm algorithm, int initial, World world, Duration span) {
  Settings settings;
  settings.algorithm = algorithm;
  settings.initial = initial;
  Drive drive(settings, std::move(world));
  drive.run(span);
  return drive;
}

class EachAlgorithm : public testing::TestWithParam<Algorithm> {};

TEST_P(EachAlgorithm, keeps_within_its_bounds_and_obeys_a_pin) {
  Settings settings;
  settings.algorithm = GetParam();
  settings.initial = 8;
  settings.min = 4;
  settings.max = 32;
  Drive drive(settings, servers(16));
  for (int i = 0; i < 20; ++i) {
    drive.run(std::chrono::seconds(1));
    EXPECT_GE(drive.tuner.limit(), 4);
    EXPECT_LE(drive.tuner.limit(), 32);
  }
  drive.tuner.pin(7, drive.now);
  drive.run(std::chrono::seconds(5));
  EXPECT_EQ(drive.tuner.limit(), 7);
  EXPECT_EQ(drive.tuner.state(), State::pinned);
}

TEST_P(EachAlgorithm, is_found_by_its_name) {
  EXPECT_EQ(algorithm_from(to_string(GetParam())), GetParam());
}

INSTANTIATE_TEST_SUITE_P(, EachAlgorithm,
                         testing::ValuesIn(all_algorithms().begin(), all_algorithms().end()),
                         [](const auto& named) { return std::string(to_string(named.param)); });

TEST(Fixed, never_moves) {
  EXPECT_EQ(drive(Algorithm::fixed, 8, servers(64), std::chrono::seconds(20)).tuner.limit(), 8);
}

TEST(Aimd, grows_until_something_fails) {
  EXPECT_EQ(drive(Algorithm::aimd, 8, servers(16), std::chrono::seconds(20)).tuner.limit(), 200);
  World failing = servers(16);
  failing.failures = 0.5;
  EXPECT_LE(drive(Algorithm::aimd, 100, failing, std::chrono::seconds(20)).tuner.limit(), 12);
}

TEST(Vegas, stops_where_a_queue_of_its_size_stands_in_the_backend) {
  const int limit = drive(Algorithm::vegas, 8, servers(16), std::chrono::seconds(3)).tuner.limit();
  EXPECT_GE(limit, 16);
  EXPECT_LE(limit, 64);
}

TEST(Gradient, measures_its_least_round_trip_at_a_limit_of_three) {
  Settings settings;
  settings.algorithm = Algorithm::gradient;
  settings.initial = 8;
  Drive driven(settings, servers(16));
  driven.run(std::chrono::milliseconds(50));
  EXPECT_EQ(driven.tuner.limit(), 3);
  driven.run(std::chrono::seconds(5));
  EXPECT_GE(driven.tuner.limit(), 16);
}

TEST(Gradient2, settles_above_the_knee_by_its_tolerance) {
  const int limit =
      drive(Algorithm::gradient2, 8, servers(16), std::chrono::seconds(60)).tuner.limit();
  EXPECT_GE(limit, 16);
  EXPECT_LE(limit, 128);
}

}  // namespace
}  // namespace sweetspot::tuner
