#include "tests/simulation/backend.hpp"

#include <gtest/gtest.h>

#include "tests/simulation/simulation.hpp"

namespace sweetspot::simulation {
namespace {

struct Row {
  int pool_size;
  double throughput, p99_ms;
};

class Disk : public testing::TestWithParam<Row> {};

TEST_P(Disk, gives_the_documents_table) {
  Scenario scenario;
  scenario.load.clients = 200;
  scenario.tuner.initial = GetParam().pool_size;
  scenario.tuned = false;
  Simulation simulation(scenario, SharedBackend::disk(7));
  simulation.run(std::chrono::seconds(2));
  simulation.reset_sums();
  simulation.run(std::chrono::seconds(40));
  const double throughput = static_cast<double>(simulation.sums().successes) / 40;
  EXPECT_NEAR(throughput, GetParam().throughput, 0.02 * GetParam().throughput);
  const double p99 = tuner::milliseconds(simulation.sums().latency.quantile(0.99));
  EXPECT_NEAR(p99, GetParam().p99_ms, 0.06 * GetParam().p99_ms);
}

INSTANTIATE_TEST_SUITE_P(, Disk,
                         testing::Values(Row{1, 100, 10}, Row{4, 400, 10}, Row{8, 600, 15.1},
                                         Row{16, 700, 30.3}, Row{32, 720, 81.6}, Row{64, 720, 207}));

TEST(Curve, is_linear_between_its_points_and_constant_beyond_them) {
  const Curve curve({{0, 0}, {10, 100}, {20, 120}});
  EXPECT_DOUBLE_EQ(curve.at(-1), 0);
  EXPECT_DOUBLE_EQ(curve.at(5), 50);
  EXPECT_DOUBLE_EQ(curve.at(15), 110);
  EXPECT_DOUBLE_EQ(curve.at(99), 120);
}

TEST(SharedBackend, works_faster_where_its_capacity_is_scaled) {
  SharedBackend backend(Curve({{0, 0}, {1, 100}}), Curve({{0, 0}}), 1);
  backend.start(1, TimePoint{});
  backend.scale_capacity(10, TimePoint{});
  EXPECT_NEAR(tuner::milliseconds(backend.next_departure()->time_since_epoch()), 1.0, 0.01);
}

}  // namespace
}  // namespace sweetspot::simulation
