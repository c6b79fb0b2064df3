#pragma once

#include <cstddef>
#include <cstdint>

#include "service/admission/limiter.hpp"

namespace sweetspot::admission {

// The decisions of the limiter: who is granted, queued, refused, and the integrals over time.
// One thread at a time, no lock, no clock, no callback: it returns whom to tell. In mode `enforce`
// a grant is made only while in_flight < limit, and nobody waits while a permit is free.
class LimiterCore {
 public:
  LimiterCore(Settings settings, int limit, TimePoint now);

  struct Decision {
    Limiter::Answer answer;
    ShedReason reason;  // where refused
  };
  Decision acquire(Waiter& waiter, TimePoint now);

  // Gives one permit back. The waiter who was granted it, or null.
  Waiter* release(bool stalled, TimePoint now);

  // True where the waiter stood in the queue; false where it was granted, shed or never queued.
  bool cancel(Waiter& waiter, TimePoint now);

  // The longest waiting one, taken out of the queue, where it waited past the timeout; else null.
  Waiter* shed_expired(TimePoint now);

  void drain() { draining_ = true; }

  // After either of these, call grant_next() until it returns null.
  void set_limit(int limit, TimePoint now);
  void set_mode(Mode mode, TimePoint now);
  void set_queue_size(std::size_t size) { settings_.queue_size = size; }  // nobody is sent away
  Waiter* grant_next(TimePoint now);

  void stall(TimePoint now);   // a permit waits on its client from now on
  void resume(TimePoint now);

  Mode mode() const { return mode_; }
  int limit() const { return limit_; }
  int in_flight() const { return in_flight_; }
  int queued() const { return queued_; }
  std::uint64_t epoch() const { return epoch_; }
  TimePoint at() const { return at_; }
  LimiterReading read(TimePoint now) const;

 private:
  // An exact integral of a count over time: no rounding however long the process lives.
  struct Integral {
    std::uint64_t whole_seconds = 0, nanoseconds = 0;
    void add(std::uint64_t count, std::uint64_t elapsed);
    double in_seconds() const;
  };

  void advance(TimePoint now);  // brings the integrals up to now; time never runs backwards
  void grant();
  bool has_room() const { return mode_ != Mode::enforce || in_flight_ < limit_; }
  void count_what_would_have_been();
  void push_back(Waiter& waiter);
  void unlink(Waiter& waiter);

  Settings settings_;
  Mode mode_;
  int limit_;
  int in_flight_ = 0;
  int stalled_ = 0;
  int queued_ = 0;
  bool draining_ = false;
  std::uint64_t epoch_ = 0;
  std::uint64_t granted_ = 0, would_queue_ = 0, would_shed_ = 0;
  Waiter* oldest_ = nullptr;
  Waiter* newest_ = nullptr;
  TimePoint at_;
  Integral in_flight_time_, queued_time_;
  Duration at_limit_{};
};

}  // namespace sweetspot::admission
