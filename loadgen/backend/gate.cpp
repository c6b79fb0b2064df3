#include "loadgen/backend/gate.hpp"

namespace sweetspot::backend {

bool Gate::enter() {
  std::unique_lock lock(mutex_);
  if (stopped_) return false;
  if (free_ > 0) {
    --free_;
    return true;
  }
  Waiter self;
  // cppcheck-suppress danglingLifetime ; both who admit and who stop take it out
  waiting_.push_back(&self);
  self.wake.wait(lock, [&] { return self.admitted || stopped_; });
  return self.admitted;
}

void Gate::leave() {
  std::lock_guard lock(mutex_);
  if (stopped_ || waiting_.empty()) {
    ++free_;
    return;
  }
  // The place goes to the one who waits, so that nobody can slip in before it has woken up.
  waiting_.front()->admitted = true;
  waiting_.front()->wake.notify_one();
  waiting_.pop_front();
}

void Gate::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Waiter* waiter : waiting_) waiter->wake.notify_one();
  waiting_.clear();
}

}  // namespace sweetspot::backend
