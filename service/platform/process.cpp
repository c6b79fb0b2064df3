#include "service/platform/process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
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

FindProcess process_by_name(std::string name) {
  name.resize(std::min<std::size_t>(name.size(), 15));  // the kernel keeps no more
  name += '\n';
  const auto is_named = [name](const std::filesystem::path& folder) {
    return read_whole(folder / "comm") == name;
  };
  return [is_named, found = std::filesystem::path()]() mutable -> std::optional<int> {
    if (found.empty() || !is_named(found)) {
      found.clear();
      std::error_code error;
      std::filesystem::directory_iterator entry("/proc", error);
      for (; entry != std::filesystem::directory_iterator() && !error; entry.increment(error)) {
        const auto digits = entry->path().filename().string();
        if (digits.find_first_not_of("0123456789") != std::string::npos) continue;
        if (!is_named(entry->path())) continue;
        found = entry->path();
        break;
      }
    }
    if (found.empty()) return {};
    return std::stoi(found.filename().string());
  };
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
