#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "service/control/orders.hpp"

namespace sweetspot::control {

// How far the sidecar's end has come, and who waits for it. It goes one way only, however often and
// by whomever it is begun. On the control loop's thread; owned by App.
class Drain {
 public:
  enum class State { serving, draining, drained };
  using Waiter = std::function<void(bool clean)>;

  // `start` is called by the first begin(), and has finish() called when nothing is under way.
  using Start = std::function<void(const Order& order)>;
  explicit Drain(Start start) : start_(std::move(start)) {}

  State state() const { return state_; }

  void begin(const Order& order) {
    if (state_ != State::serving) return;
    state_ = State::draining;
    start_(order);
  }

  // Only the first one counts. Not clean: something was still under way.
  void finish(bool clean) {
    if (state_ == State::drained) return;
    state_ = State::drained;
    clean_ = clean;
    for (const auto& waiter : std::exchange(waiters_, {})) waiter(clean);
  }

  // At once where it is over already.
  void when_drained(Waiter waiter) {
    if (state_ == State::drained) return waiter(clean_);
    waiters_.push_back(std::move(waiter));
  }

 private:
  Start start_;
  State state_ = State::serving;
  bool clean_ = false;
  std::vector<Waiter> waiters_;
};

}  // namespace sweetspot::control
