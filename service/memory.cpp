#include "service/memory.hpp"

#include <algorithm>

#include "service/platform/cpus.hpp"
#include "service/proxy/upstream/addresses.hpp"

namespace sweetspot::service {
namespace {

constexpr tuner::Duration refresh_interval = std::chrono::minutes(10);

// Only what the tuner itself has settled on is a lesson for the next run. A probe leaves the held
// limit what it is.
bool is_settled(const control::Status& status) {
  return (status.state == tuner::State::hold || status.state == tuner::State::probe) &&
         !status.pinned;
}

}  // namespace

Memory::Memory(const config::Config& config, int cpus, const observe::Log& log) {
  const std::string& file = config.memory.file;
  expected_.upstream = proxy::format(config.proxy.upstream);
  expected_.objective = to_string(config.tuning.objective);
  expected_.cpus = cpus;
  const auto quota = platform::cpu_quota();
  expected_.cpu_quota = quota ? std::to_string(*quota) : "none";
  expected_.cpu_model = platform::cpu_model();
  expected_.upstream_version = config.upstream_version.empty() ? "none" : config.upstream_version;

  if (file.empty()) return;
  const auto remembered = control::remember(file, expected_, config.memory.max_age);
  if (remembered.state) {
    limit_ = std::clamp(remembered.state->limit, config.limit.min, config.limit.max);
    curve_ = remembered.state->curve;
    log(observe::Event::state_remembered, {{"file", file}, {"limit", std::int64_t{*limit_}}});
  } else if (!remembered.problem.empty()) {
    log(observe::Event::state_ignored, {{"file", file}, {"problem", remembered.problem}});
  }
  writer_ = std::make_unique<control::StateWriter>(file, [&log, file](const std::string& problem) {
    log(observe::Event::state_write_failed, {{"file", file}, {"problem", problem}});
  });
}

std::vector<std::string> Memory::fingerprint() const {
  return {std::to_string(expected_.cpus), expected_.cpu_quota, expected_.cpu_model,
          expected_.upstream_version};
}

void Memory::note(const control::Status& status, const control::LoadCurve& curve,
                  tuner::TimePoint now) {
  if (!writer_ || !is_settled(status)) return;
  if (status.held_limit == saved_limit_ && curve.points().size() == saved_points_ &&
      now - saved_at_ < refresh_interval)
    return;
  saved_at_ = now;
  save(status, curve);
}

void Memory::save(const control::Status& status, const control::LoadCurve& curve) {
  if (!writer_ || !is_settled(status)) return;
  saved_limit_ = status.held_limit;
  control::State state = expected_;
  state.limit = status.held_limit;
  state.curve = curve.points();
  saved_points_ = state.curve.size();
  state.objective = to_string(status.objective);  // an operator may have chosen another
  writer_->save(std::move(state));
}

}  // namespace sweetspot::service
