#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace sweetspot::platform {

// The folders of a process's groups that may hold files of `controller`, its own group first and
// then every one above it, of cgroup v2 and of v1. `membership` is the text of /proc/PID/cgroup.
std::vector<std::filesystem::path> cgroup_folders(
    std::string_view membership, std::string_view controller,
    const std::filesystem::path& root = "/sys/fs/cgroup");

// How many tasks the tightest group of a process holds, and may hold.
struct TaskRoom {
  std::uint64_t current = 0;
  std::optional<std::uint64_t> max;  // nothing where no group has a limit
};
std::optional<TaskRoom> task_room_of(int pid);
std::optional<TaskRoom> tightest_room(const std::vector<std::filesystem::path>& folders);

}  // namespace sweetspot::platform
