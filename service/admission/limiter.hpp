#pragma once

#include <cstdint>
#include <memory>

#include "service/admission/settings.hpp"
#include "tuner/time.hpp"

namespace sweetspot::admission {

using tuner::Duration;
using tuner::TimePoint;

class Limiter;
class LimiterCore;

// The right to have one request in flight. Owned, movable, returned on destruction.
class Permit {
 public:
  Permit() = default;
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit();
  explicit operator bool() const { return limiter_ != nullptr; }
  std::uint64_t epoch() const { return epoch_; }  // the limit's epoch at the grant
  TimePoint granted_at() const { return granted_at_; }
  void release(TimePoint now);  // idempotent; may grant the next waiter before it returns

  // While stalled the permit waits on its client, not on the backend: it stays taken, but the
  // integral of in-flight leaves it out. Idempotent.
  void set_stalled(bool stalled, TimePoint now);

 private:
  friend class Limiter;
  Limiter* limiter_ = nullptr;
  std::uint64_t epoch_ = 0;
  TimePoint granted_at_{};
  bool stalled_ = false;
};

// What a request waits in the queue as. The owner keeps it alive until it was granted, shed or
// cancelled. granted() and shed() are called at most once in all, on whichever thread caused them
// and outside the limiter's lock: post to your own thread.
class Waiter {
 public:
  virtual void granted(Permit permit) = 0;
  virtual void shed(ShedReason reason) = 0;

 protected:
  ~Waiter() = default;

 private:
  friend class Limiter;
  friend class LimiterCore;
  Waiter* previous_ = nullptr;
  Waiter* next_ = nullptr;
  TimePoint queued_at_{};
  bool is_queued_ = false;
};

// What the limiter integrated since it was made; differences of two readings make a window.
struct LimiterReading {
  TimePoint at{};
  int limit = 0;
  std::uint64_t epoch = 0;
  int in_flight = 0;
  int queued = 0;
  double in_flight_seconds = 0;  // integral of in-flight, stalled permits left out
  double queued_seconds = 0;
  Duration at_limit{};           // time with in-flight >= limit
  double queue_fill = 0;         // 0..1 now: by size, or by age of the oldest waiter over the timeout
  std::uint64_t granted = 0;
  int stalled = 0;               // permits that wait on their client now
  std::uint64_t would_queue = 0;  // in mode shadow: granted though the limit was reached
  std::uint64_t would_shed = 0;   // in mode shadow: granted though the queue would have been full
};

// The resizable semaphore with its queue. Any thread may call it. in_flight() never exceeds the
// limit that was in force when a permit was granted; lowering the limit revokes nothing; raising
// it grants waiters before it returns. A permit cannot be lost.
class Limiter {
 public:
  Limiter(Settings settings, int limit, TimePoint now);
  ~Limiter();  // every permit must be back
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // A permit if one is free and nobody waits; else the waiter is queued; else refused.
  enum class Answer { granted, queued, refused };
  struct Acquired {
    Answer answer;
    Permit permit;                               // where granted
    ShedReason reason = ShedReason::queue_full;  // where refused
  };
  Acquired acquire(Waiter& waiter, TimePoint now);
  // Leaves the queue: true where it stood there, and then neither granted() nor shed() will come.
  // False where one of them has come, or is on its way on another thread.
  bool cancel(Waiter& waiter, TimePoint now);
  void expire(TimePoint now);    // sheds those who waited past the timeout; call it on a coarse timer
  void drain();                  // from now on nobody is queued anew; those who wait are served

  void set_limit(int limit, TimePoint now);  // 1..; raises the epoch where it changes
  void set_mode(Mode mode, TimePoint now);

  Mode mode() const;
  Duration queue_timeout() const;
  int limit() const;
  int in_flight() const;
  int queued() const;
  std::uint64_t epoch() const;
  LimiterReading read(TimePoint now) const;

 private:
  friend class Permit;
  struct Impl;
  template <typename Change>
  void grant_all(Change change, TimePoint now);
  void release(bool stalled, TimePoint now);
  void set_stalled(bool stalled, TimePoint now);
  Permit make_permit();  // under the lock, for a grant that the core has counted

  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::admission
