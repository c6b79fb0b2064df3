#include "loadgen/run/load_shape.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sweetspot::loadgen {
namespace {

constexpr Duration usual_duration = std::chrono::seconds(10);

Duration sum_of(const std::vector<Stage>& stages) {
  return std::accumulate(stages.begin(), stages.end(), Duration(0),
                         [](Duration sum, const Stage& stage) { return sum + stage.length; });
}

engine::Profile profile_of(const RunOptions& options) {
  const double start = options.rate.value_or(options.connections);
  std::vector<engine::Profile::Piece> pieces;
  if (options.ramp > Duration(0)) pieces.push_back({options.ramp, 0, start});
  if (options.stages.empty())
    return pieces.empty() ? engine::Profile(start) : engine::Profile(pieces);
  if (options.warm_up > Duration(0)) pieces.push_back({options.warm_up, start, start});
  double from = start;
  for (const Stage& stage : options.stages) {  // one without a length is a jump
    if (stage.length > Duration(0)) pieces.push_back({stage.length, from, stage.to});
    from = stage.to;
  }
  return engine::Profile(pieces);
}

}  // namespace

void shape(engine::Plan& plan, const RunOptions& options) {
  const engine::Profile profile = profile_of(options);
  const bool varies = options.ramp > Duration(0) || !options.stages.empty();
  plan.connections = options.connections;
  if (options.rate) {
    plan.rate = profile;
  } else if (varies) {
    plan.clients = profile;
    plan.connections = std::max(1, static_cast<int>(std::lround(profile.most())));
  }
  for (const Stage& stage : options.stages) {
    if (stage.length > Duration(0)) plan.stages.push_back(stage.length);
  }
  plan.requests = options.requests;
  plan.pattern = options.pattern;
  plan.seed = options.seed;
  plan.catch_up = options.catch_up;
  plan.waits_when_refused = options.honours_retry_after;
  const Duration unmeasured = options.ramp + options.warm_up;
  plan.warm_up = {unmeasured, 0, unmeasured};
  if (!options.stages.empty()) {
    plan.measured.at_least = sum_of(options.stages);
  } else if (options.duration || !options.requests) {
    plan.measured.at_least = options.duration.value_or(usual_duration);
  }
}

std::optional<Duration> length_of(const RunOptions& options) {
  if (!options.stages.empty()) return sum_of(options.stages);
  if (!options.duration && options.requests) return {};
  return options.duration.value_or(usual_duration);
}

}  // namespace sweetspot::loadgen
