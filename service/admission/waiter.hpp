#pragma once

#include <cstddef>
#include <limits>

#include "service/admission/permit.hpp"
#include "service/admission/settings.hpp"

namespace sweetspot::admission {

class DeadlineHeap;
class Limiter;
class LimiterCore;
class Queue;

// What a request waits in the queue as. The owner keeps it alive until it was granted, shed or
// cancelled. granted() and shed() are called at most once in all, on whichever thread caused them
// and outside the limiter's lock: post to your own thread.
class Waiter {
 public:
  virtual void granted(Permit permit) = 0;
  virtual void shed(ShedReason reason) = 0;

  // Why it was shed; for whoever steps the core itself.
  ShedReason shed_reason() const { return reason_; }

 protected:
  ~Waiter() = default;

 private:
  friend class DeadlineHeap;
  friend class Limiter;
  friend class LimiterCore;
  friend class Queue;
  struct Links {
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
  };
  static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

  Links age_;   // among all, by arrival
  Links flow_;  // among those of its class and tenant; once out of the queue, of those to be told
  std::size_t heap_index_ = nowhere;
  Demand demand_;
  Grant grant_;
  TimePoint queued_at_{};
  ShedReason reason_{};
  bool is_queued_ = false;
};

}  // namespace sweetspot::admission
