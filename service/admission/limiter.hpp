#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "service/admission/permit.hpp"
#include "service/admission/settings.hpp"
#include "service/admission/waiter.hpp"

namespace sweetspot::admission {

// What the limiter integrated since it was made; differences of two readings make a window.
struct LimiterReading {
  TimePoint at{};
  int limit = 0;
  std::uint64_t epoch = 0;
  int in_flight = 0;
  int queued = 0;
  double in_flight_seconds = 0;  // integral of in-flight, stalled permits left out
  double queued_seconds = 0;
  Duration at_limit{};    // time with in-flight >= limit, or with somebody waiting
  double queue_fill = 0;  // 0..1 now: by size, or by age of the oldest waiter over the timeout
  std::uint64_t granted = 0;
  int stalled = 0;                // permits that wait on their client now
  std::uint64_t would_queue = 0;  // in mode shadow: granted though the limit was reached
  std::uint64_t would_shed = 0;   // in mode shadow: granted though the queue would have been full
  double drain_rate = 0;          // permits that came back, a second, lately
  struct OfClass {
    int in_flight = 0;
    int queued = 0;
  };
  std::array<OfClass, max_classes> classes{};
  std::array<int, max_classes> parts{};  // of the limit, one a group
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
  Acquired acquire(Waiter& waiter, TimePoint now, const Demand& demand = {});
  // Why such a request would be refused if it asked now: worth knowing before its body is read.
  // Costs no lock while the queue is short.
  std::optional<ShedReason> would_refuse(const Demand& demand, TimePoint now) const;
  // Leaves the queue: true where it stood there, and then neither granted() nor shed() will come.
  // False where one of them has come, or is on its way on another thread.
  bool cancel(Waiter& waiter, TimePoint now);
  int retry_after(TimePoint now) const;  // seconds, for whoever is refused now
  void expire(TimePoint now);  // sheds those who waited too long; call it on a coarse timer
  void drain();                // from now on nobody is queued anew; those who wait are served

  // 1..; raises the epoch where it changes. With groups a call moves the part of one of them only,
  // and what is in force is the sum of the parts: true once that is `limit`.
  bool set_limit(int limit, TimePoint now);
  void set_mode(Mode mode, TimePoint now);
  // Settings that may_become() allows, but for the mode. Nobody who waits is sent away by a smaller
  // queue. Where groups' shares change, set_limit() moves their parts.
  void reconfigure(const Settings& next, TimePoint now);

  Mode mode() const;
  std::shared_ptr<const Settings> settings() const;  // in force
  const std::string& name_of(ClassId cls) const;     // stays, and costs nothing
  int limit() const;
  int in_flight() const;
  int queued() const;
  std::uint64_t epoch() const;
  LimiterReading read(TimePoint now) const;

 private:
  friend class Permit;
  struct Impl;
  class Told;
  template <typename Change>
  void grant_all(Change change, TimePoint now);
  Acquired acquire_or_wait(Waiter& waiter, TimePoint now, const Demand& demand);
  void release(const Grant& grant, bool stalled, TimePoint now);
  void release_to_next(const Grant& grant, bool stalled, TimePoint now);
  void set_stalled(bool stalled, TimePoint now);

  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::admission
