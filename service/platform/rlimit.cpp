#include "service/platform/rlimit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace sweetspot::platform {

std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

std::uint64_t connections_within(std::uint64_t files, std::uint64_t limit_max) {
  const std::uint64_t others = std::min(files, limit_max + spare_files);
  return std::max(files - others, files / 3);
}

}  // namespace sweetspot::platform
