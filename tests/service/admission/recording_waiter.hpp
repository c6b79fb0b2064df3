#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "service/admission/limiter.hpp"

namespace sweetspot::admission {

// A waiter that keeps what it was told.
class RecordingWaiter final : public Waiter {
 public:
  void granted(Permit given) override {
    ++calls;
    permit = std::move(given);
    if (on_granted) on_granted();
  }
  void shed(ShedReason why) override {
    ++calls;
    reason = why;
  }

  int calls = 0;
  Permit permit;
  std::optional<ShedReason> reason;
  std::function<void()> on_granted;
};

}  // namespace sweetspot::admission
