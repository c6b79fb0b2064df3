#pragma once

#include <atomic>

#include "tuner/time.hpp"

namespace sweetspot::engine {

using tuner::TimePoint;

// From when to when is measured. The coordinator moves the bounds while the workers run; a worker
// counts what ends between them, and sends nothing after the second. Any thread may call it.
class Schedule {
 public:
  TimePoint from() const {
    return TimePoint(tuner::Duration(from_.load(std::memory_order_relaxed)));
  }
  TimePoint until() const {
    return TimePoint(tuner::Duration(until_.load(std::memory_order_relaxed)));
  }
  bool is_abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

  void set_from(TimePoint at) { from_ = at.time_since_epoch().count(); }
  void set_until(TimePoint at) { until_ = at.time_since_epoch().count(); }
  void abandon() { abandoned_ = true; }  // do not wait for answers any more

 private:
  std::atomic<tuner::Duration::rep> from_ = TimePoint::max().time_since_epoch().count();
  std::atomic<tuner::Duration::rep> until_ = TimePoint::max().time_since_epoch().count();
  std::atomic<bool> abandoned_ = false;
};

}  // namespace sweetspot::engine
