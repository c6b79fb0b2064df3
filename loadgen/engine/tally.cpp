#include "loadgen/engine/tally.hpp"

#include <algorithm>
#include <numeric>

namespace sweetspot::engine {

std::string_view to_string(Error error) {
  switch (error) {
    case Error::connect: return "connect";
    case Error::reset: return "reset";
    case Error::timeout: return "timeout";
    case Error::protocol: break;
  }
  return "protocol";
}

bool is_success(int status) { return status < 500 && status != 408 && status != 429; }

void Tally::add_response(int status, Duration latency) {
  ++statuses[static_cast<std::size_t>(status)];
  if (is_success(status)) {
    successes.record(latency);
    success_time += latency;
  } else {
    refusals.record(latency);
  }
}

void Tally::merge(const Tally& other) {
  successes.merge(other.successes);
  refusals.merge(other.refusals);
  success_time += other.success_time;
  for (std::size_t i = 0; i < statuses.size(); ++i) statuses[i] += other.statuses[i];
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] += other.errors[i];
  bytes += other.bytes;
  unsent += other.unsent;
  last = std::max(last, other.last);
}

std::uint64_t Tally::requests() const {
  return successes.count() + refusals.count() +
         std::accumulate(errors.begin(), errors.end(), std::uint64_t{0});
}

}  // namespace sweetspot::engine
