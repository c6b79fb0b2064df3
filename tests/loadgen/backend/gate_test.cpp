#include "loadgen/backend/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sweetspot::backend {
namespace {

TEST(Gate, never_lets_more_in_than_it_has_places) {
  Gate gate(3);
  std::atomic<int> inside = 0, most = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        ASSERT_TRUE(gate.enter());
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
        gate.leave();
      }
    });
  }
  threads.clear();
  EXPECT_LE(most, 3);
}

TEST(Gate, turns_those_away_who_wait_when_it_stops) {
  Gate gate(1);
  ASSERT_TRUE(gate.enter());
  std::atomic<int> turned_away = 0;
  std::vector<std::jthread> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back([&] { turned_away += gate.enter() ? 0 : 1; });
  }
  gate.stop();
  waiting.clear();
  EXPECT_EQ(turned_away, 4);
}

}  // namespace
}  // namespace sweetspot::backend
