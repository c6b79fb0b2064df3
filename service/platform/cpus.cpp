#include "service/platform/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace sweetspot::platform {
namespace {

constexpr auto cgroup_root = "/sys/fs/cgroup";

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The path of this process in the unified hierarchy; "/" where it cannot be told.
std::filesystem::path own_group() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "/";
}

std::optional<double> unified_quota() {
  std::optional<double> least;
  std::filesystem::path group = own_group();
  while (true) {
    const auto folder = std::filesystem::path(cgroup_root) / group.relative_path();
    if (const auto quota = quota_of(first_line(folder / "cpu.max"))) {
      least = std::min(least.value_or(*quota), *quota);
    }
    if (!group.has_relative_path()) return least;
    group = group.parent_path();
  }
}

std::optional<double> legacy_quota() {
  const std::filesystem::path folder = std::filesystem::path(cgroup_root) / "cpu";
  const std::string quota = first_line(folder / "cpu.cfs_quota_us");
  if (quota.empty() || quota.front() == '-') return {};
  return quota_of(quota + " " + first_line(folder / "cpu.cfs_period_us"));
}

int affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  // More CPUs than the fixed mask holds.
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

std::optional<double> quota_of(std::string_view cpu_max) {
  std::istringstream in{std::string(cpu_max)};
  double quota = 0;
  double period = 0;
  if (!(in >> quota >> period) || quota <= 0 || period <= 0) return {};
  return quota / period;
}

int available_cpus() {
  int cpus = affinity();
  if (const auto quota = cpu_quota()) cpus = std::min(cpus, static_cast<int>(std::ceil(*quota)));
  return std::max(cpus, 1);
}

std::optional<double> cpu_quota() {
  std::optional<double> least;
  for (const auto& quota : {unified_quota(), legacy_quota()})
    if (quota) least = std::min(least.value_or(*quota), *quota);
  return least;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace sweetspot::platform
