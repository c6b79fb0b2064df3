#include "service/platform/machine.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "service/platform/cgroup.hpp"
#include "service/platform/cpus.hpp"
#include "tests/support/temp_folder.hpp"

namespace sweetspot::platform {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

TEST(Machine, measures_what_the_clock_costs) {
  const auto clock = look_at_clock();
  EXPECT_GT(clock.cost.count(), 0);
  EXPECT_LT(clock.cost, std::chrono::milliseconds(1));
}

TEST(Machine, reads_the_limit_of_open_files) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(open_file_limit_of(::getpid()), limit.rlim_cur);
  EXPECT_EQ(open_file_limit_of(0), std::nullopt);
  EXPECT_EQ(
      parse_open_file_limit("Max open files            unlimited            unlimited   files\n"),
      std::nullopt);
}

TEST(Machine, knows_how_long_the_accept_queue_may_be) { EXPECT_GT(longest_accept_queue(), 0); }

TEST(Machine, reads_a_pool_from_a_command_line) {
  EXPECT_EQ(pool_in("gunicorn\0--workers\0004\0app\0"s), 4);
  EXPECT_EQ(pool_in("python3\0/usr/bin/gunicorn\0-w\0004\0--threads=8\0-t\00030\0app\0"s), 32);
  EXPECT_EQ(pool_in("uwsgi\0--processes\0003\0--threads\0002\0"s), 6);
  EXPECT_EQ(pool_in("puma\0-t\0004:16\0-w\0002\0"s), 32);
  EXPECT_EQ(pool_in("sweetspot-load\0backend\0--threads\00064\0"s), 64);
}

TEST(Machine, takes_nothing_else_for_a_pool) {
  EXPECT_EQ(pool_in(""), std::nullopt);
  EXPECT_EQ(pool_in("server\0-p\0008000\0-t\00030\0"s), std::nullopt);
  EXPECT_EQ(pool_in("server\0--workers\0many\0"s), std::nullopt);
  EXPECT_EQ(pool_in("server\0--workers"s), std::nullopt);
  EXPECT_EQ(pool_in("server\0--workers=-4\0"s), std::nullopt);
  EXPECT_EQ(pool_in("server\0--workers\000999999\0--threads\000999999\0"s), std::nullopt);
  EXPECT_EQ(pool_of(0), std::nullopt);
}

struct CgroupTest : testing::Test {
  void write(const fs::path& file, const std::string& text) const {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text << "\n";
  }
  std::vector<fs::path> folders(const std::string& membership,
                                const std::string& controller) const {
    return cgroup_folders(membership, controller, root);
  }

  const support::TempFolder own;
  const fs::path root = own.path();
};

TEST_F(CgroupTest, walks_from_the_group_to_the_root_in_both_versions) {
  EXPECT_EQ(folders("0::/a/b\n", "pids"), (std::vector{root / "a/b", root / "a", root / ""}));
  EXPECT_EQ(folders("5:cpu,cpuacct:/x\n3:pids:/y\n", "pids"),
            (std::vector{root / "pids/y", root / "pids/"}));
  EXPECT_EQ(folders("5:cpu,cpuacct:/x\n", "cpu").front(), root / "cpu/x");
  EXPECT_TRUE(folders("", "pids").empty());
  EXPECT_TRUE(folders("nonsense\n1:\n", "pids").empty());
}

TEST_F(CgroupTest, finds_the_tightest_room_for_tasks) {
  EXPECT_FALSE(tightest_room(folders("0::/a/b\n", "pids")));
  write("a/b/pids.current", "10");
  write("a/b/pids.max", "max");
  const auto unbounded = tightest_room(folders("0::/a/b\n", "pids"));
  ASSERT_TRUE(unbounded);
  EXPECT_EQ(unbounded->current, 10u);
  EXPECT_FALSE(unbounded->max);
  write("a/pids.current", "90");
  write("a/pids.max", "100");
  EXPECT_EQ(tightest_room(folders("0::/a/b\n", "pids"))->max, 100u);
  write("a/b/pids.max", "14");
  EXPECT_EQ(tightest_room(folders("0::/a/b\n", "pids"))->current, 10u);
}

TEST_F(CgroupTest, finds_the_least_cpu_quota_in_both_versions) {
  EXPECT_FALSE(least_quota(folders("0::/a/b\n", "cpu")));
  write("a/b/cpu.max", "max 100000");
  EXPECT_FALSE(least_quota(folders("0::/a/b\n", "cpu")));
  write("a/cpu.max", "150000 100000");
  EXPECT_EQ(least_quota(folders("0::/a/b\n", "cpu")), 1.5);
  write("cpu/x/cpu.cfs_quota_us", "50000");
  write("cpu/x/cpu.cfs_period_us", "100000");
  write("cpu/cpu.cfs_quota_us", "-1");
  write("cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(least_quota(folders("4:cpu,cpuacct:/x\n", "cpu")), 0.5);
}

}  // namespace
}  // namespace sweetspot::platform
