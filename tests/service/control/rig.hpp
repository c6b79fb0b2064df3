#pragma once

#include <chrono>
#include <vector>

#include "service/control/steering.hpp"
#include "tests/service/control/blocking_backend.hpp"

namespace sweetspot::tests {

// A steering with its real limiter, recorder and tuner, on a clock that the test moves.
class Rig {
 public:
  explicit Rig(control::Settings settings = {}) : Rig(settings, {.mode = settings.mode}) {}
  Rig(control::Settings settings, admission::Settings admission)
      : limiter(std::move(admission), settings.tuner.initial, now),
        steering(settings, limiter, recorders, now,
                 control::Steering::WallTime(std::chrono::seconds(1000000))) {
    steering.on_decision(
        [this](const control::Decision& decision) { decisions.push_back(decision); });
    steering.start(now);
  }

  // Ticks as often as the steering wants to, with the backend working in between.
  void run_for(tuner::Duration span, BlockingBackend* backend = nullptr) {
    const auto end = now + span;
    while (now < end) {
      now += std::min(steering.tick(now), end - now);
      if (backend) backend->run_until(now);
    }
    steering.tick(now);
  }

  control::TimePoint now{std::chrono::hours(1)};
  control::Recorders recorders = [] {
    control::Recorders one;
    one.push_back(std::make_unique<control::Recorder>());
    return one;
  }();
  admission::Limiter limiter;
  control::Steering steering;
  std::vector<control::Decision> decisions;
};

inline control::Settings starting_at(int limit) {
  control::Settings settings;
  settings.tuner.initial = limit;
  settings.tuner.max = 100;
  return settings;
}

}  // namespace sweetspot::tests
