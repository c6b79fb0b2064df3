#include "loadgen/backend/model.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "service/platform/process.hpp"

namespace sweetspot::backend {
namespace {

using namespace std::chrono_literals;

class EveryModel : public ::testing::TestWithParam<ModelKind> {};

TEST_P(EveryModel, finishes_the_work_of_many_threads) {
  const auto model = make_model({.kind = GetParam(), .parallelism = 4, .service_time = 100us});
  std::atomic<int> finished = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5; ++round) finished += model->work() ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(finished, 40);
}

TEST_P(EveryModel, cuts_work_short_when_it_is_stopped) {
  const auto model = make_model({.kind = GetParam(), .parallelism = 2, .service_time = 1h});
  std::atomic<int> cut_short = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { cut_short += model->work() ? 0 : 1; });
  model->stop();
  threads.clear();
  EXPECT_EQ(cut_short, 4);
}

TEST_P(EveryModel, takes_every_distribution) {
  for (const auto distribution :
       {Distribution::constant, Distribution::exponential, Distribution::lognormal}) {
    const auto model =
        make_model({.kind = GetParam(), .service_time = 50us, .distribution = distribution});
    EXPECT_TRUE(model->work());
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryModel,
                         ::testing::Values(ModelKind::disk, ModelKind::sleep, ModelKind::cpu));

TEST(CpuModel, spends_the_service_time_of_its_own_thread) {
  const auto model = make_model({.kind = ModelKind::cpu, .service_time = 5ms});
  const auto before = platform::thread_cpu_time();
  model->work();
  EXPECT_GE(platform::thread_cpu_time() - before, 5ms);
}

}  // namespace
}  // namespace sweetspot::backend
