#include "service/platform/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <ratio>
#include <sstream>
#include <string>

namespace sweetspot::platform {
namespace {

// One read: the kernel makes these files anew for each, and they fit.
std::string read_whole(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::array<char, 4096> buffer;
  const ssize_t size = ::read(file, buffer.data(), buffer.size());
  ::close(file);
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

// The number after `key` at the start of a line.
std::optional<std::uint64_t> field(std::string_view text, std::string_view key) {
  for (auto at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    auto value = text.substr(at + key.size());
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc()) return number;
  }
  return {};
}

std::string stat_of(int pid) { return read_whole("/proc/" + std::to_string(pid) + "/stat"); }

// The n-th field of /proc/PID/stat, from the fourth on: the second is a name in brackets, which may
// hold anything.
std::optional<std::uint64_t> stat_field(std::string_view text, int n) {
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return {};
  std::istringstream fields{std::string(text.substr(name_end + 1))};
  std::string value;
  for (int i = 3; i <= n; ++i) fields >> value;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (!fields || error != std::errc() || end != value.data() + value.size()) return {};
  return number;
}

std::chrono::nanoseconds to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

std::optional<ProcessStatus> parse_status(std::string_view text) {
  const auto threads = field(text, "Threads:");
  if (!threads) return {};
  const auto resident = field(text, "VmRSS:");
  return ProcessStatus{static_cast<int>(*threads), resident.value_or(0) * 1024};
}

std::optional<ProcessStatus> status_of(int pid) {
  return parse_status(read_whole("/proc/" + std::to_string(pid) + "/status"));
}

std::vector<int> all_processes() {
  std::vector<int> found;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc", error);
  for (; entry != std::filesystem::directory_iterator() && !error; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    int pid = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong == std::errc() && end == name.data() + name.size()) found.push_back(pid);
  }
  return found;
}

std::optional<int> parse_parent(std::string_view text) {
  const auto parent = stat_field(text, 4);
  if (!parent) return {};
  return static_cast<int>(*parent);
}

std::optional<int> parent_of(int pid) { return parse_parent(stat_of(pid)); }

FindProcess process_by_name(std::string name) {
  name.resize(std::min<std::size_t>(name.size(), 15));  // the kernel keeps no more
  name += '\n';
  const auto is_named = [name](int pid) {
    return read_whole("/proc/" + std::to_string(pid) + "/comm") == name;
  };
  return [is_named, found = std::optional<int>()]() mutable -> std::optional<int> {
    if (found && is_named(*found)) return found;
    const auto all = all_processes();
    const auto first = std::find_if(all.begin(), all.end(), is_named);
    found = first == all.end() ? std::nullopt : std::optional(*first);
    if (!found) return {};
    for (auto parent = parent_of(*found); parent && is_named(*parent); parent = parent_of(*found))
      found = parent;
    return found;
  };
}

std::chrono::nanoseconds childrens_cpu_time_of(int pid) {
  const std::string text = stat_of(pid);
  const auto ticks = stat_field(text, 16).value_or(0) + stat_field(text, 17).value_or(0);
  static const long a_second = ::sysconf(_SC_CLK_TCK);
  return std::chrono::nanoseconds(ticks * std::nano::den / static_cast<std::uint64_t>(a_second));
}

std::optional<std::chrono::nanoseconds> cpu_time_of(int pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return to_duration(time);
}

std::optional<ContextSwitches> context_switches_of(int pid) {
  std::error_code error;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  std::filesystem::directory_iterator task(tasks, error);
  if (error) return {};
  ContextSwitches sum;
  for (; task != std::filesystem::directory_iterator() && !error; task.increment(error)) {
    const std::string text = read_whole(task->path() / "status");
    sum.voluntary += field(text, "voluntary_ctxt_switches:").value_or(0);
    sum.involuntary += field(text, "nonvoluntary_ctxt_switches:").value_or(0);
  }
  return sum;
}

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return to_duration(time);
}

}  // namespace sweetspot::platform
