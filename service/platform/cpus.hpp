#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::platform {

// The CPUs that this process may use: its affinity mask, cut to the cgroup's CPU quota (of the
// process's own group and every one above it; a part of a CPU counts as a whole). At least 1.
int available_cpus();

// The least CPU quota of the cgroups of this process, in CPUs; nothing where there is none.
std::optional<double> cpu_quota();
std::optional<double> least_quota(const std::vector<std::filesystem::path>& folders);

// The CPU's name as /proc/cpuinfo has it; `unknown` where it has none.
std::string cpu_model();

// The CPUs that a cgroup v2 `cpu.max` grants ("150000 100000" is 1.5); nothing for "max ..." and
// for what cannot be read.
std::optional<double> quota_of(std::string_view cpu_max);

}  // namespace sweetspot::platform
