#include "service/platform/process.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <latch>
#include <thread>
#include <vector>

#include "service/platform/rlimit.hpp"
#include "tests/support/peer.hpp"

namespace sweetspot::platform {
namespace {

TEST(Process, reads_threads_and_memory_from_a_status_file) {
  const auto status = parse_status("Name:\tThreads: 9\nVmRSS:\t    2048 kB\nThreads:\t36\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->threads, 36);
  EXPECT_EQ(status->resident_bytes, 2048u * 1024);
}

TEST(Process, has_nothing_to_say_of_a_text_without_threads) {
  EXPECT_FALSE(parse_status(""));
  EXPECT_FALSE(parse_status("Name:\tx\nThreads:\n"));
}

// One that was joined is a thread until the kernel has put it away, so that both counts agree in
// the end only.
TEST(Process, counts_the_threads_of_this_process) {
  std::latch counted(1);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 5; ++i) threads.emplace_back([&] { counted.wait(); });
  const auto listed = [] {
    using Folder = std::filesystem::directory_iterator;
    return std::distance(Folder("/proc/self/task"), Folder());
  };
  EXPECT_TRUE(support::eventually([&] { return status_of(getpid())->threads == listed(); }));
  EXPECT_GE(status_of(getpid())->threads, 1 + 5);
  counted.count_down();
}

TEST(Process, is_found_by_its_name_while_it_has_it) {
  std::string own(16, '\0');
  ASSERT_EQ(::prctl(PR_GET_NAME, own.data()), 0);
  const auto find = process_by_name("a-name-of-its-own");  // longer than the kernel keeps
  EXPECT_FALSE(find());
  ASSERT_EQ(::prctl(PR_SET_NAME, "a-name-of-its-own"), 0);
  EXPECT_EQ(find(), getpid());
  EXPECT_EQ(find(), getpid());
  ASSERT_EQ(::prctl(PR_SET_NAME, own.data()), 0);
  EXPECT_FALSE(find());
}

TEST(Process, sees_cpu_time_grow_with_work) {
  const auto before = *cpu_time_of(getpid());
  const auto thread_before = thread_cpu_time();
  while (thread_cpu_time() - thread_before < std::chrono::milliseconds(5)) {
  }
  EXPECT_GE(*cpu_time_of(getpid()) - before, std::chrono::milliseconds(5));
}

TEST(Process, counts_the_context_switches_of_all_threads) {
  const auto before = *context_switches_of(getpid());
  std::latch started(1), done(1);
  std::jthread sleeper([&] {
    started.count_down();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    done.wait();
  });
  started.wait();
  while (context_switches_of(getpid())->voluntary < before.voluntary + 2) std::this_thread::yield();
  done.count_down();
}

TEST(Process, says_nothing_of_a_process_that_is_not_there) {
  constexpr int nobody = 0x7ffffffe;
  EXPECT_FALSE(status_of(nobody));
  EXPECT_FALSE(cpu_time_of(nobody));
  EXPECT_FALSE(context_switches_of(nobody));
}

TEST(FileLimit, is_raised_to_the_hard_one) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(raise_file_limit(), limit.rlim_max);
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
}

}  // namespace
}  // namespace sweetspot::platform
