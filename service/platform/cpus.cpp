#include "service/platform/cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

#include "service/platform/cgroup.hpp"

namespace sweetspot::platform {
namespace {

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// What one group grants: cgroup v2's cpu.max, or v1's pair of files.
std::optional<double> quota_in(const std::filesystem::path& folder) {
  if (const auto quota = quota_of(first_line(folder / "cpu.max"))) return quota;
  return quota_of(first_line(folder / "cpu.cfs_quota_us") + " " +
                  first_line(folder / "cpu.cfs_period_us"));
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
  std::ifstream file("/proc/self/cgroup");
  const std::string membership{std::istreambuf_iterator<char>(file), {}};
  return least_quota(cgroup_folders(membership, "cpu"));
}

std::optional<double> least_quota(const std::vector<std::filesystem::path>& folders) {
  std::optional<double> least;
  for (const auto& folder : folders)
    if (const auto quota = quota_in(folder)) least = std::min(least.value_or(*quota), *quota);
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
