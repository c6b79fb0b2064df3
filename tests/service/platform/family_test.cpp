#include "service/platform/family.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>

namespace sweetspot::platform {
namespace {

using std::chrono::nanoseconds;

// A shell that waits for the end of its input. Two processes below it do so, too.
std::unique_ptr<std::FILE, int (*)(std::FILE*)> three_generations() {
  return {::popen("(cat; true); true", "w"), &::pclose};
}

TEST(Family, counts_what_its_processes_have_forked) {
  ProcessFamily family(getpid(), nanoseconds(0));
  const auto alone = *family.status();
  const std::size_t before = family.size();
  {
    const auto shell = three_generations();
    ASSERT_TRUE(shell);
    while (family.size() < before + 3) ASSERT_TRUE(family.status());
    // Between its fork and its exec a child has no memory of its own, but a thread.
    EXPECT_GE(family.status()->threads, alone.threads + 3);
  }
  EXPECT_EQ(family.status()->threads, alone.threads);
  EXPECT_EQ(family.size(), before);
}

TEST(Family, keeps_the_time_of_those_that_have_ended) {
  ProcessFamily family(getpid(), nanoseconds(0));
  const auto before = family.cpu_time();
  const auto children = childrens_cpu_time_of(getpid());
  while (childrens_cpu_time_of(getpid()) == children) {
    ASSERT_EQ(std::system("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"), 0);
  }
  EXPECT_GT(family.cpu_time(), before);
}

TEST(Family, counts_the_context_switches_of_all) {
  ProcessFamily family(getpid(), nanoseconds(0));
  const auto before = family.context_switches();
  const auto shell = three_generations();
  ASSERT_TRUE(shell);
  while (family.context_switches().voluntary < before.voluntary + 3) std::this_thread::yield();
}

TEST(Family, of_a_process_that_is_not_there_has_no_status) {
  EXPECT_FALSE(ProcessFamily(0x7ffffffe).status());
}

TEST(Family, of_whoever_is_found_now) {
  std::optional<int> found;
  const auto read = family_status([&found] { return found; });
  EXPECT_FALSE(read());
  found = getpid();
  EXPECT_EQ(read()->threads, ProcessFamily(getpid()).status()->threads);
  EXPECT_FALSE(family_status({}));
}

TEST(Family, a_name_is_that_of_who_forked_its_like) {
  std::string own(16, '\0');
  ASSERT_EQ(::prctl(PR_GET_NAME, own.data()), 0);
  ASSERT_EQ(::prctl(PR_SET_NAME, "master-and-men"), 0);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int man = ::fork();
  if (man == 0) {  // bears its parent's name
    ::close(ends[1]);
    char byte = 0;
    ::_exit(::read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  EXPECT_EQ(process_by_name("master-and-men")(), getpid());
  ::close(ends[0]);
  ::close(ends[1]);
  ::waitpid(man, nullptr, 0);
  ::prctl(PR_SET_NAME, own.data());
}

TEST(Process, reads_its_parent_whatever_its_name_is) {
  EXPECT_EQ(parse_parent("7 (a) S 1) R 42 7 7 0"), 42);
  EXPECT_FALSE(parse_parent(""));
  EXPECT_FALSE(parse_parent("7 (a) R"));
  EXPECT_EQ(parent_of(getpid()), getppid());
}

}  // namespace
}  // namespace sweetspot::platform
