#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <ratio>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/admission/pace.hpp"
#include "service/admission/queue.hpp"
#include "service/admission/shares.hpp"

namespace sweetspot::admission {

// The decisions of the limiter: who is granted, queued, refused, shed, and the integrals over
// time. One thread at a time, no lock, no clock, no callback: it returns whom to tell. In mode
// `enforce` a grant is made only while in_flight < limit, and nobody waits while there is a permit
// that he may have.
class LimiterCore {
 public:
  LimiterCore(Settings settings, int limit, TimePoint now);

  struct Decision {
    Limiter::Answer answer;
    ShedReason reason;  // where refused
    Grant grant;        // where granted
  };
  Decision acquire(Waiter& waiter, TimePoint now, const Demand& demand = {});

  // The same two in the common case: nobody waits, there is room, no deadline is to be met, the
  // limit has no parts. The first grants where grants_at_once() says so; the second is false, and
  // has done nothing, where somebody waits.
  bool grants_at_once(const Demand& demand) const;
  void grant_at_once(TimePoint now, const Demand& demand, Grant& fresh);
  bool release_for_nobody(bool stalled, TimePoint now, const Grant& grant);

  // Gives one permit back. The waiter who was granted it, or null. Others may be to be shed then.
  Waiter* release(bool stalled, TimePoint now, const Grant& grant = {});

  // True where the waiter stood in the queue; false where it was granted, shed or never queued.
  bool cancel(Waiter& waiter, TimePoint now);

  // The next one, out of the queue already, that must be told that it is shed: it waited past the
  // timeout, stood too long in a standing queue, cannot meet its deadline any more, or was pushed
  // out. Its shed_reason() says which. Null where there is none.
  Waiter* shed_expired(TimePoint now);
  // The same in two steps: find them, then take those who were found, here or on the way.
  void find_expired(TimePoint now);
  Waiter* next_shed();

  void drain() { draining_ = true; }

  // After either of these, call grant_next() until it returns null.
  bool set_limit(int limit, TimePoint now);
  void set_mode(Mode mode, TimePoint now);
  void reconfigure(Settings next, TimePoint now);
  void set_queue_size(std::size_t size) { settings_.queue_size = size; }  // nobody is sent away
  Waiter* grant_next(TimePoint now);

  void stall(TimePoint now);  // a permit waits on its client from now on
  void resume(TimePoint now);

  // Whether an arrival like this would be refused now, before it has been read whole.
  bool would_refuse(const Demand& demand, ShedReason& reason, TimePoint now) const;

  Mode mode() const { return mode_; }
  int limit() const { return limit_; }
  int in_flight() const { return in_flight_; }
  int queued() const { return queue_.size(); }
  std::size_t queued_bytes() const { return queue_.bytes(); }
  std::uint64_t epoch() const { return epoch_; }
  TimePoint at() const { return at_; }
  const Grant& grant_of(const Waiter& waiter) const { return waiter.grant_; }
  double drain_rate(TimePoint now) const { return pace_.drain_rate(now); }
  LimiterReading read(TimePoint now) const;

 private:
  // An exact integral of a count over time: no rounding however long the process lives.
  struct Integral {
    std::uint64_t whole_seconds = 0, nanoseconds = 0;
    void add(std::uint64_t count, std::uint64_t elapsed);
    double in_seconds() const;
  };
  struct Integrals {
    Integral in_flight, queued;
    Duration at_limit{};
  };

  void advance(TimePoint now);  // brings the integrals up to now; time never runs backwards
  void integrate(Integrals& integrals, Duration elapsed) const;
  void count_in(ClassId cls);
  void take_back(bool stalled, const Grant& given);
  Grant grant(ClassId cls, Duration charged, bool is_charged);
  bool has_room(ClassId cls) const;
  bool someone_waits_for_the_same(ClassId cls) const;
  bool may_be_granted(ClassId cls) const { return queue_.size(cls) > 0 && has_room(cls); }
  bool is_full(const Demand& demand) const;
  bool is_over_its_part(ClassId cls, int size) const;
  Waiter* displaced_by(const Demand& demand) const;
  bool make_room(const Demand& demand);
  bool cannot_finish(TimePoint deadline) const;
  bool is_standing(ClassId cls) const;
  bool serves_newest(ClassId cls) const;
  Duration timeout_of(ClassId cls) const;
  template <class Visit>
  void for_each_oldest(Visit visit) const;  // of each class that has somebody waiting
  bool has_overdue(TimePoint now) const;
  void shed_overdue();
  void shed_overdue(ClassId cls);
  void shed(Waiter& waiter, ShedReason reason);
  void leave_queue(Waiter& waiter);
  void count_what_would_have_been();

  Settings settings_;
  Mode mode_;
  int limit_;
  int in_flight_ = 0;
  int stalled_ = 0;
  bool draining_ = false;
  std::uint64_t epoch_ = 0;
  std::uint64_t granted_ = 0, would_queue_ = 0, would_shed_ = 0;
  Queue queue_;
  Shares shares_;
  Pace pace_;
  std::vector<int> parts_;                                // of the limit, one a group
  std::array<int, max_classes> in_class_{}, in_group_{};  // in flight
  Waiter* first_shed_ = nullptr;                          // out of the queue, to be told
  Waiter* last_shed_ = nullptr;
  TimePoint at_;
  std::array<TimePoint, max_classes> not_empty_since_{};
  Integrals integrals_;
};

inline void LimiterCore::Integral::add(std::uint64_t count, std::uint64_t elapsed) {
  nanoseconds += count * elapsed;
  if (nanoseconds >= std::nano::den) {
    whole_seconds += nanoseconds / std::nano::den;
    nanoseconds %= std::nano::den;
  }
}

inline void LimiterCore::integrate(Integrals& integrals, Duration elapsed) const {
  const auto count = static_cast<std::uint64_t>(elapsed.count());
  integrals.in_flight.add(static_cast<std::uint64_t>(in_flight_ - stalled_), count);
  const int waiting = queue_.size();
  if (waiting > 0) integrals.queued.add(static_cast<std::uint64_t>(waiting), count);
  // A group may be at its part while another is idle: then the limit binds as well.
  if (in_flight_ >= limit_ || waiting > 0) integrals.at_limit += elapsed;
}

inline void LimiterCore::advance(TimePoint now) {
  if (now <= at_) return;  // threads may come with a clock read a little earlier
  integrate(integrals_, now - at_);
  at_ = now;
}

inline void LimiterCore::count_in(ClassId cls) {
  ++in_flight_;
  ++in_class_[cls];
  if (!parts_.empty()) ++in_group_[settings_.classes[cls].group];
  ++granted_;
}

inline Grant LimiterCore::grant(ClassId cls, Duration charged, bool is_charged) {
  count_in(cls);
  return {at_, epoch_, charged, cls, is_charged};
}

inline bool LimiterCore::grants_at_once(const Demand& demand) const {
  return mode_ == Mode::enforce && queue_.size() == 0 && in_flight_ < limit_ && parts_.empty() &&
         demand.deadline == TimePoint::max();
}

// Field by field: copied as a whole, the grant would be read back before its stores are done.
inline void LimiterCore::grant_at_once(TimePoint now, const Demand& demand, Grant& fresh) {
  advance(now);
  count_in(demand.cls);
  fresh.at = at_;
  fresh.epoch = epoch_;
  fresh.cls = demand.cls;
}

inline bool LimiterCore::release_for_nobody(bool stalled, TimePoint now, const Grant& given) {
  if (queue_.size() > 0) return false;
  advance(now);
  take_back(stalled, given);
  return true;
}

inline void LimiterCore::take_back(bool stalled, const Grant& given) {
  assert(in_flight_ > 0);
  --in_flight_;
  --in_class_[given.cls];
  if (!parts_.empty()) --in_group_[settings_.classes[given.cls].group];
  if (stalled) --stalled_;
  if (given.at == TimePoint{}) return;
  const Duration taken = std::max(Duration::zero(), at_ - given.at);
  pace_.released(taken, at_);
  if (given.is_charged)
    shares_.settle(given.cls, given.charged, taken);
  else
    shares_.observe(given.cls, taken);
}

}  // namespace sweetspot::admission
