#include "loadgen/run/hung.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::loadgen {
namespace {

constexpr auto patience = std::chrono::seconds(1);  // whoever waited for less is just late

}  // namespace

engine::Duration longest_in(const engine::Tally& tally) {
  engine::Duration most{};
  for (const auto& histogram : tally.latencies()) most = std::max(most, histogram.quantile(1));
  return most;
}

std::uint64_t hung_in(const engine::Tally& tally) {
  const auto bound = std::max<engine::Duration>(patience, 2 * longest_in(tally));
  const double share = tally.unanswered.share_above(bound);
  return static_cast<std::uint64_t>(
      std::lround(share * static_cast<double>(tally.unanswered.count())));
}

}  // namespace sweetspot::loadgen
