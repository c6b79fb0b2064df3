#include "tests/simulation/station.hpp"

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
  scenario.backend.kind = BackendKind::disk;
  scenario.traffic.clients = 200;
  scenario.queue_size = 2000;
  scenario.queue_timeout = std::chrono::seconds(10);
  Simulation simulation(scenario,
                        {.algorithm = tuner::Algorithm::fixed, .initial = GetParam().pool_size}, 7);
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
                                         Row{16, 700, 30.3}, Row{32, 720, 81.6},
                                         Row{64, 720, 207}));

TEST(Curve, is_linear_between_its_points_and_constant_beyond_them) {
  const Curve curve({{0, 0}, {10, 100}, {20, 120}});
  EXPECT_DOUBLE_EQ(curve.at(-1), 0);
  EXPECT_DOUBLE_EQ(curve.at(5), 50);
  EXPECT_DOUBLE_EQ(curve.at(15), 110);
  EXPECT_DOUBLE_EQ(curve.at(99), 120);
}

class MeanWork : public testing::TestWithParam<int> {};

TEST_P(MeanWork, is_one) {
  const Work works[] = {deterministic(), exponential(), lognormal(1.5), bimodal(0.1, 20)};
  Random random(5);
  double sum = 0;
  for (int i = 0; i < 200'000; ++i) sum += works[GetParam()](random, 1);
  EXPECT_NEAR(sum / 200'000, 1.0, 0.05);
}

INSTANTIATE_TEST_SUITE_P(, MeanWork, testing::Range(0, 4));

double ms_to_next(const Station& station) {
  return tuner::milliseconds(station.next_departure()->time_since_epoch());
}

TEST(SharedStation, works_faster_where_its_capacity_is_scaled) {
  SharedStation station([](double n, double c) { return 100 * n * c; }, deterministic(), 1);
  station.start(1, TimePoint{});
  station.set_capacity(10, TimePoint{});
  EXPECT_NEAR(ms_to_next(station), 1.0, 0.01);
}

TEST(SharedStation, stays_slow_after_a_convoy_until_it_is_drained) {
  SharedStation station([](double, double) { return 100.0; }, deterministic(), 1, {2, 1, 0.5});
  for (RequestId id : {1, 2, 3}) station.start(id, TimePoint{});
  EXPECT_NEAR(ms_to_next(station), 60, 0.01);  // three share half the rate
  const TimePoint later = *station.next_departure();
  station.finish(later);
  station.finish(later);
  EXPECT_NEAR(ms_to_next(station), 60, 0.01);  // none is left but one, at the full rate again
}

TEST(ServerStation, serves_as_many_at_once_as_it_has_servers) {
  ServerStation station(2, std::chrono::milliseconds(10), deterministic(), 1);
  for (RequestId id : {1, 2, 3}) station.start(id, TimePoint{});
  EXPECT_NEAR(ms_to_next(station), 10, 0.01);
  const TimePoint later = *station.next_departure();
  station.finish(later);
  station.finish(later);
  EXPECT_NEAR(ms_to_next(station), 20, 0.01);
}

TEST(ServerStation, finishes_nothing_while_it_is_stalled) {
  ServerStation station(2, std::chrono::milliseconds(10), deterministic(), 1);
  station.start(1, TimePoint{});
  station.set_speed(0, TimePoint(std::chrono::milliseconds(5)));
  EXPECT_FALSE(station.next_departure());
  station.set_speed(1, TimePoint(std::chrono::milliseconds(25)));
  EXPECT_NEAR(ms_to_next(station), 30, 0.01);
}

}  // namespace
}  // namespace sweetspot::simulation
