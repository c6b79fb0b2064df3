#include "service/platform/machine.hpp"

#include <sys/auxv.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace sweetspot::platform {
namespace {

constexpr int reads = 500, runs = 5;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string process_file(int pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

std::chrono::nanoseconds now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds cost_of_reading() {
  const auto begin = now();
  for (int i = 0; i < reads; ++i) now();
  return (now() - begin) / reads;
}

// The whole text as a number of at least 1; `4:16` of Puma's threads counts as its upper end.
std::optional<int> size_in(std::string_view text) {
  if (const auto colon = text.find(':'); colon != std::string_view::npos)
    text.remove_prefix(colon + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1) return {};
  return number;
}

std::vector<std::string_view> split_at_nul(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// The value of the first of these flags, as `--flag 4` or `--flag=4`.
std::optional<int> value_of(const std::vector<std::string_view>& words,
                            std::initializer_list<std::string_view> flags) {
  for (std::size_t i = 0; i < words.size(); ++i)
    for (const auto flag : flags) {
      if (words[i] == flag && i + 1 < words.size())
        if (const auto size = size_in(words[i + 1])) return size;
      if (words[i].starts_with(flag) && words[i].substr(flag.size()).starts_with('='))
        return size_in(words[i].substr(flag.size() + 1));
    }
  return {};
}

}  // namespace

Clock look_at_clock() {
  Clock clock;
  clock.has_vdso = ::getauxval(AT_SYSINFO_EHDR) != 0;
  std::ifstream("/sys/devices/system/clocksource/clocksource0/current_clocksource") >> clock.source;
  clock.cost = cost_of_reading();
  for (int run = 1; run < runs; ++run) clock.cost = std::min(clock.cost, cost_of_reading());
  return clock;
}

std::optional<std::uint64_t> parse_open_file_limit(std::string_view limits) {
  constexpr std::string_view name = "Max open files";
  const auto at = limits.find(name);
  if (at == std::string_view::npos) return {};
  std::istringstream fields{std::string(limits.substr(at + name.size()))};
  std::uint64_t soft = 0;
  return fields >> soft ? std::optional(soft) : std::nullopt;
}

std::optional<std::uint64_t> open_file_limit_of(int pid) {
  return parse_open_file_limit(content_of(process_file(pid, "limits")));
}

std::optional<int> longest_accept_queue() {
  int length = 0;
  return std::ifstream("/proc/sys/net/core/somaxconn") >> length ? std::optional(length)
                                                                 : std::nullopt;
}

std::optional<int> pool_in(std::string_view command_line) {
  const auto words = split_at_nul(command_line);
  const auto processes = value_of(words, {"--workers", "--processes", "-w"});
  auto threads = value_of(words, {"--threads", "--max-threads"});
  // Puma's `-t 4:16`; a number alone is gunicorn's timeout.
  for (std::size_t i = 0; i + 1 < words.size() && !threads; ++i)
    if (words[i] == "-t" && words[i + 1].find(':') != std::string_view::npos)
      threads = size_in(words[i + 1]);
  if (!processes && !threads) return {};
  const std::int64_t pool = std::int64_t{processes.value_or(1)} * threads.value_or(1);
  if (pool > 1'000'000) return {};
  return static_cast<int>(pool);
}

std::optional<int> pool_of(int pid) { return pool_in(content_of(process_file(pid, "cmdline"))); }

}  // namespace sweetspot::platform
