#include "service/platform/thread_load.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <latch>
#include <thread>

#include "service/platform/process.hpp"

namespace sweetspot::platform {
namespace {

using namespace std::chrono_literals;

TEST(ThreadLoad, grows_by_the_time_that_a_thread_runs) {
  const ThreadLoad load(::gettid());
  const auto before = load.wanted_cpu();
  if (!before) GTEST_SKIP() << "this kernel does not count the run time of threads";
  const auto begin = thread_cpu_time();
  while (thread_cpu_time() - begin < 30ms) {
  }
  EXPECT_GE(*load.wanted_cpu() - *before,
            20ms);  // it is brought up to date at the scheduler's ticks
}

TEST(ThreadLoad, does_not_grow_while_a_thread_waits) {
  std::latch started(1), asked(1);
  int id = 0;
  std::jthread waiting([&] {
    id = ::gettid();
    started.count_down();
    asked.wait();
  });
  started.wait();
  const ThreadLoad load(id);
  const auto before = load.wanted_cpu();
  if (!before) {
    asked.count_down();
    GTEST_SKIP() << "this kernel does not count the run time of threads";
  }
  const auto begin = thread_cpu_time();
  while (thread_cpu_time() - begin < 30ms) {
  }
  EXPECT_LT(*load.wanted_cpu() - *before, 20ms);
  asked.count_down();
}

TEST(ThreadLoad, has_nothing_to_say_of_a_thread_that_is_none) {
  EXPECT_FALSE(ThreadLoad(0).wanted_cpu());
}

}  // namespace
}  // namespace sweetspot::platform
