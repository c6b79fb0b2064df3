#include "service/platform/family.hpp"

#include <algorithm>
#include <utility>

namespace sweetspot::platform {
namespace {

// Generation by generation.
std::vector<int> descent_of(int first) {
  std::vector<std::pair<int, int>> parents;  // with their children
  for (const int pid : all_processes()) {
    if (const auto parent = parent_of(pid)) parents.emplace_back(*parent, pid);
  }
  std::sort(parents.begin(), parents.end());
  std::vector<int> found{first};
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto child = std::lower_bound(parents.begin(), parents.end(), std::pair(found[i], 0));
    for (; child != parents.end() && child->first == found[i]; ++child) {
      // A number that is used again while we look could close a circle.
      if (std::find(found.begin(), found.end(), child->second) == found.end())
        found.push_back(child->second);
    }
  }
  return found;
}

}  // namespace

ProcessFamily::ProcessFamily(int pid, std::chrono::nanoseconds look_again)
    : members_{pid}, look_again_(look_again) {}

const std::vector<int>& ProcessFamily::members() {
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_look_) {
    members_ = descent_of(first());
    next_look_ = now + look_again_;
  }
  return members_;
}

std::optional<ProcessStatus> ProcessFamily::status() {
  auto sum = status_of(first());
  if (!sum || sum->resident_bytes == 0) return sum;
  for (const int pid : members()) {
    if (pid == first()) continue;
    const auto status = status_of(pid);
    if (!status || status->resident_bytes == 0) continue;
    sum->threads += status->threads;
    sum->resident_bytes += status->resident_bytes;
  }
  return sum;
}

std::chrono::nanoseconds ProcessFamily::cpu_time() {
  std::chrono::nanoseconds sum{};
  for (const int pid : members())
    sum += cpu_time_of(pid).value_or(std::chrono::nanoseconds(0)) + childrens_cpu_time_of(pid);
  return sum;
}

ContextSwitches ProcessFamily::context_switches() {
  ContextSwitches sum;
  for (const int pid : members()) {
    const auto switches = context_switches_of(pid).value_or(ContextSwitches{});
    sum.voluntary += switches.voluntary;
    sum.involuntary += switches.involuntary;
  }
  return sum;
}

ReadProcess family_status(FindProcess find) {
  if (!find) return {};
  return [find = std::move(find),
          family = std::optional<ProcessFamily>()]() mutable -> std::optional<ProcessStatus> {
    const auto pid = find();
    if (!pid) return {};
    if (!family || family->first() != *pid) family.emplace(*pid);
    return family->status();
  };
}

}  // namespace sweetspot::platform
