#include "loadgen/backend/disk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "tuner/histogram.hpp"

namespace sweetspot::backend {
namespace {

using namespace std::chrono_literals;

struct Measured {
  double throughput = 0;
  double p99_ms = 0;
};

// `clients` that each start their next request the instant that they know the last one to be done,
// which is `late`, in virtual time: 20 s to settle, 200 s measured.
Measured drive(Disk& disk, int clients, Duration late = {}) {
  const TimePoint settled{20s}, end{220s};
  std::vector<TimePoint> started(static_cast<std::size_t>(clients));
  std::deque<Disk::Departure> on_the_way;
  disk.advance(TimePoint{});
  for (auto& start : started) disk.start(&start, TimePoint{});
  tuner::Histogram latency;
  while (true) {
    TimePoint now = disk.next_departure().value_or(TimePoint::max());
    if (!on_the_way.empty()) now = std::min(now, on_the_way.front().at + late);
    if (now >= end) break;
    for (const auto& departure : disk.advance(now)) on_the_way.push_back(departure);
    while (!on_the_way.empty() && on_the_way.front().at + late <= now) {
      const auto departure = on_the_way.front();
      on_the_way.pop_front();
      auto& start = *static_cast<TimePoint*>(departure.tag);
      disk.collect(departure);
      if (now >= settled) latency.record(now - start);
      start = now;
      disk.start(departure.tag, now);
    }
  }
  return {static_cast<double>(latency.count()) / tuner::seconds(end - settled),
          tuner::milliseconds(latency.quantile(0.99))};
}

TEST(Disk, reproduces_the_table_of_throughput_and_p99_by_pool_size) {
  struct Row {
    int size;
    double low, high, p99_ms;
  };
  for (const Row& row :
       {Row{1, 98, 100.1, 10.0}, Row{4, 391, 400.1, 10.0}, Row{8, 594, 600.5, 15.1},
        Row{16, 697, 701, 30.3}, Row{32, 714, 720.5, 81.6}, Row{64, 717, 721.5, 207}}) {
    Disk disk({});
    const auto measured = drive(disk, row.size);
    EXPECT_GE(measured.throughput, row.low) << row.size;
    EXPECT_LE(measured.throughput, row.high) << row.size;
    EXPECT_NEAR(measured.p99_ms, row.p99_ms, 0.04 * row.p99_ms) << row.size;
  }
}

TEST(Disk, keeps_its_curve_on_a_host_that_is_late_to_tell) {
  for (const auto& [clients, throughput] : {std::pair{1, 100.0}, {4, 400}, {8, 600}, {16, 700}}) {
    for (const Duration late : {Duration(1ms), Duration(3ms)}) {
      Disk disk({});
      EXPECT_NEAR(drive(disk, clients, late).throughput, throughput, 0.01 * throughput)
          << clients << " clients, " << tuner::milliseconds(late) << " ms late";
    }
  }
}

TEST(Disk, does_no_more_than_one_request_ahead_however_late_it_is_collected) {
  Disk disk({.distribution = Distribution::constant});
  int request = 0;
  disk.start(&request, TimePoint{});
  const auto departed = disk.advance(TimePoint{10s});  // a copy
  ASSERT_EQ(departed.size(), 1u);
  disk.collect(departed.front());
  disk.start(&request, TimePoint{10s});
  EXPECT_EQ(*disk.next_departure(), TimePoint{10s});
  disk.start(&request, TimePoint{10s});
  EXPECT_EQ(disk.advance(TimePoint{10s}).size(), 1u);
}

TEST(Disk, is_the_same_again_with_the_same_seed) {
  Disk one({.seed = 7}), same({.seed = 7}), other({.seed = 8});
  const auto first = drive(one, 32);
  EXPECT_EQ(first.p99_ms, drive(same, 32).p99_ms);
  EXPECT_NE(first.throughput, drive(other, 32).throughput);
}

TEST(Disk, lets_requests_depart_at_exact_instants_however_late_it_is_asked) {
  Disk disk({});
  disk.advance(TimePoint{1s});
  int tag = 0;
  disk.start(&tag, TimePoint{1s});
  const auto& departed = disk.advance(TimePoint{5s});
  ASSERT_EQ(departed.size(), 1u);
  EXPECT_EQ(departed.front().tag, &tag);
  EXPECT_EQ(departed.front().at, TimePoint{1s + 10ms});
}

TEST(Disk, slows_those_in_flight_down_when_it_is_crowded) {
  Disk disk({.distribution = Distribution::constant});
  int tags[8];
  for (int& tag : tags) disk.start(&tag, TimePoint{});
  EXPECT_EQ(disk.advance(TimePoint{13ms}).size(), 0u);
  EXPECT_EQ(disk.advance(TimePoint{14ms}).size(), 8u);  // 8 at 600 a second take 13.3 ms
}

TEST(Disk, stretches_with_its_parallelism_and_service_time) {
  Disk disk({.service_time = 20ms, .parallelism = 8});
  EXPECT_DOUBLE_EQ(disk.rate(8), 400);  // twice as wide, half as fast
  EXPECT_DOUBLE_EQ(disk.rate(16), 600);
  EXPECT_DOUBLE_EQ(disk.rate(1000), 720);
}

TEST(Disk, knows_no_next_departure_while_idle) {
  Disk disk({});
  EXPECT_FALSE(disk.next_departure());
  EXPECT_TRUE(disk.advance(TimePoint{1h}).empty());
}

}  // namespace
}  // namespace sweetspot::backend
