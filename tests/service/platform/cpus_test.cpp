#include "service/platform/cpus.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace sweetspot::platform {
namespace {

TEST(Cpus, reads_the_quota_of_a_group) {
  EXPECT_DOUBLE_EQ(*quota_of("150000 100000"), 1.5);
  EXPECT_DOUBLE_EQ(*quota_of("400000 100000\n"), 4);
}

TEST(Cpus, knows_a_group_without_quota) {
  EXPECT_FALSE(quota_of("max 100000"));
  EXPECT_FALSE(quota_of(""));
  EXPECT_FALSE(quota_of("100000"));
  EXPECT_FALSE(quota_of("100000 0"));
}

TEST(Cpus, honours_the_affinity_of_the_thread) {
  std::thread pinned([] {
    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
    }
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(available_cpus(), 1);
  });
  pinned.join();
  EXPECT_GE(available_cpus(), 1);
}

}  // namespace
}  // namespace sweetspot::platform
