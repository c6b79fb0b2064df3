#include "service/platform/thread_load.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <latch>
#include <string>
#include <thread>

#include "service/platform/process.hpp"

namespace sweetspot::platform {
namespace {

using namespace std::chrono_literals;

// Of a thread of ours: R while it wants a processor, S while it sleeps (proc(5)).
char state_of(int thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_ends = text.rfind(')');
  return name_ends + 2 < text.size() ? text[name_ends + 2] : '?';
}

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
  while (state_of(id) != 'S') std::this_thread::yield();  // until then it wants a processor
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
