#include "service/upstream_watch.hpp"

#include <utility>

#include "service/log_tellers.hpp"

namespace sweetspot::service {

void UpstreamWatch::each_second() {
  std::set<std::string> down;  // one that the resolver names no more is neither
  for (const auto& [address, problem] : server_.addresses()) {
    if (!problem.empty()) down.insert(address);
    if (problem.empty() == down_.contains(address)) tell_health(log_, address, problem);
  }
  down_ = std::move(down);
}

}  // namespace sweetspot::service
