#include "service/platform/thread_load.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

namespace sweetspot::platform {

ThreadLoad::ThreadLoad(int thread)
    : file_(::open(("/proc/self/task/" + std::to_string(thread) + "/schedstat").c_str(),
                   O_RDONLY | O_CLOEXEC)) {}

ThreadLoad::~ThreadLoad() {
  if (file_ >= 0) ::close(file_);
}

std::optional<std::chrono::nanoseconds> ThreadLoad::wanted_cpu() const {
  std::array<char, 128> text{};
  if (file_ < 0 || ::pread(file_, text.data(), text.size() - 1, 0) <= 0) return {};
  unsigned long long ran = 0, waited = 0;
  if (std::sscanf(text.data(), "%llu %llu", &ran, &waited) != 2) return {};
  return std::chrono::nanoseconds(ran + waited);
}

}  // namespace sweetspot::platform
