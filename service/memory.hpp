#pragma once

#include <memory>

#include "service/config/settings.hpp"
#include "service/control/files/state_file.hpp"
#include "service/control/steering.hpp"
#include "service/observe/log.hpp"

namespace sweetspot::service {

// The last good limit over a restart: read once at the start, saved when a verdict settles or the
// curve has another point, and again from time to time, so that its age is the time since it was
// last in use. Control thread.
class Memory {
 public:
  Memory(const config::Config& config, int cpus, const observe::Log& log);

  // The limit to start from, within the configured bounds; nothing for a cold start.
  std::optional<int> limit() const { return limit_; }
  const std::vector<control::LoadCurve::Point>& curve() const { return curve_; }  // beside it

  // What decides about the knee, but for the objective: of a limit that is to be trusted elsewhere.
  std::vector<std::string> fingerprint() const;

  // About once a second; and at the end.
  void note(const control::Status& status, const control::LoadCurve& curve, tuner::TimePoint now);
  void save(const control::Status& status, const control::LoadCurve& curve);

 private:
  control::State expected_;
  std::optional<int> limit_;
  std::vector<control::LoadCurve::Point> curve_;
  std::unique_ptr<control::StateWriter> writer_;  // null where nothing is remembered
  int saved_limit_ = 0;
  std::size_t saved_points_ = 0;  // of the curve
  tuner::TimePoint saved_at_{};
};

}  // namespace sweetspot::service
