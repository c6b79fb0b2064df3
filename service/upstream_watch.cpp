#include "service/upstream_watch.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "service/log_tellers.hpp"

namespace sweetspot::service {

UpstreamWatch::Addresses UpstreamWatch::look() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
  Addresses all = read_();
  std::map<std::string, std::int64_t> down;  // one that the resolver names no more is neither
  for (auto& one : all) {
    const auto known = down_since_.find(one.address);
    const bool was_down = known != down_since_.end();
    if (!one.problem.empty())
      down[one.address] = one.down_since_unix_ms = was_down ? known->second : now;
    if (was_down == one.problem.empty()) tell(log_, one);
  }
  down_since_ = std::move(down);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.problem.empty(), std::string_view(a.address)) <
           std::tuple(b.problem.empty(), std::string_view(b.address));
  });
  return all;
}

std::string UpstreamWatch::of_our_own() {
  std::vector<std::string> ours;
  for (const auto& one : look())
    if (one.is_self) ours.push_back(one.address);
  return joined(ours, ",");
}

}  // namespace sweetspot::service
