#include "service/platform/cgroup.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace sweetspot::platform {
namespace {

namespace fs = std::filesystem;

// The rest of a line `N:CONTROLLERS:PATH`, where its controllers name that one.
bool has_controller(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const auto comma = controllers.find(',');
    if (controllers.substr(0, comma) == wanted) return true;
    controllers.remove_prefix(comma == std::string_view::npos ? controllers.size() : comma + 1);
  }
  return false;
}

// From a group up to the hierarchy's root. A group outside of what is mounted here (a container
// sees its own as the root) is passed over by who reads the files.
void add_upwards(const fs::path& hierarchy, fs::path group, std::vector<fs::path>& folders) {
  while (true) {
    folders.push_back(hierarchy / group.relative_path());
    if (!group.has_relative_path()) return;
    group = group.parent_path();
  }
}

std::optional<std::uint64_t> number_in(const fs::path& path) {
  std::ifstream file(path);
  std::uint64_t number = 0;
  return file >> number ? std::optional(number) : std::nullopt;
}

}  // namespace

std::vector<fs::path> cgroup_folders(std::string_view membership, std::string_view controller,
                                     const fs::path& root) {
  std::vector<fs::path> folders;
  std::istringstream lines{std::string(membership)};
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty())
      add_upwards(root, group, folders);
    else if (has_controller(controllers, controller))
      add_upwards(root / controller, group, folders);
  }
  return folders;
}

std::optional<TaskRoom> tightest_room(const std::vector<fs::path>& folders) {
  std::optional<TaskRoom> tightest;
  for (const auto& folder : folders) {
    const auto current = number_in(folder / "pids.current");
    if (!current) continue;
    const TaskRoom room{*current, number_in(folder / "pids.max")};  // `max` is no number
    const auto left = [](const TaskRoom& r) { return *r.max - std::min(*r.max, r.current); };
    if (!tightest || (room.max && (!tightest->max || left(room) < left(*tightest))))
      tightest = room;
  }
  return tightest;
}

std::optional<TaskRoom> task_room_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cgroup");
  const std::string membership{std::istreambuf_iterator<char>(file), {}};
  return tightest_room(cgroup_folders(membership, "pids"));
}

}  // namespace sweetspot::platform
