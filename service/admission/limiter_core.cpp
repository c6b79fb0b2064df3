#include "service/admission/limiter_core.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "service/admission/partition.hpp"

namespace sweetspot::admission {

double LimiterCore::Integral::in_seconds() const {
  return static_cast<double>(whole_seconds) + static_cast<double>(nanoseconds) * 1e-9;
}

template <class Visit>
void LimiterCore::for_each_oldest(Visit visit) const {
  for (std::size_t i = 0; i < settings_.classes.size(); ++i) {
    const auto cls = static_cast<ClassId>(i);
    if (const Waiter* oldest = queue_.oldest(cls)) visit(cls, *oldest);
  }
}

LimiterCore::LimiterCore(Settings settings, int limit, TimePoint now)
    : settings_(std::move(settings)),
      mode_(settings_.mode),
      limit_(std::max(1, limit)),
      queue_(settings_.classes),
      shares_(settings_.classes),
      parts_(partition(settings_.groups, limit_)),
      at_(now) {
  assert(!settings_.classes.empty() && settings_.classes.size() <= max_classes);
}

LimiterCore::Decision LimiterCore::acquire(Waiter& waiter, TimePoint now, const Demand& demand) {
  advance(now);
  assert(!waiter.is_queued_);
  const ClassId cls = demand.cls;
  const bool is_late = cannot_finish(demand.deadline);
  if (has_room(cls) && !someone_waits_for_the_same(cls) && !is_late) {
    count_what_would_have_been();
    return {Limiter::Answer::granted, {}, grant(cls, {}, false)};
  }
  if (draining_) return {Limiter::Answer::refused, ShedReason::draining, {}};
  if (is_late) return {Limiter::Answer::refused, ShedReason::deadline, {}};
  shed_overdue();
  if (is_full(demand) && !make_room(demand)) {
    return {Limiter::Answer::refused, ShedReason::queue_full, {}};
  }
  if (queue_.size(cls) == 0) not_empty_since_[cls] = at_;
  waiter.demand_ = demand;
  waiter.queued_at_ = at_;
  queue_.push(waiter);
  return {Limiter::Answer::queued, {}, {}};
}

Waiter* LimiterCore::release(bool stalled, TimePoint now, const Grant& given) {
  advance(now);
  take_back(stalled, given);
  return grant_next(now);
}

bool LimiterCore::cancel(Waiter& waiter, TimePoint now) {
  if (!waiter.is_queued_) return false;
  advance(now);
  leave_queue(waiter);
  return true;
}

void LimiterCore::find_expired(TimePoint now) {
  advance(now);
  shed_overdue();
}

Waiter* LimiterCore::shed_expired(TimePoint now) {
  find_expired(now);
  return next_shed();
}

Waiter* LimiterCore::next_shed() {
  Waiter* waiter = first_shed_;
  if (waiter == nullptr) return nullptr;
  first_shed_ = std::exchange(waiter->flow_.next, nullptr);
  if (first_shed_ == nullptr) last_shed_ = nullptr;
  return waiter;
}

bool LimiterCore::set_limit(int limit, TimePoint now) {
  advance(now);
  limit = std::max(1, limit);
  if (limit == limit_ && parts_.empty()) return true;
  const auto before = parts_;
  const bool is_reached = move_one(parts_, partition(settings_.groups, limit));
  if (!is_reached) limit = std::accumulate(parts_.begin(), parts_.end(), 0);
  if (limit == limit_ && parts_ == before) return true;
  limit_ = limit;
  ++epoch_;
  return is_reached;
}

void LimiterCore::reconfigure(Settings next, TimePoint now) {
  assert(may_become(settings_, next));
  advance(now);
  settings_ = std::move(next);
  shares_.weigh(settings_.classes);
}

void LimiterCore::set_mode(Mode mode, TimePoint now) {
  advance(now);
  mode_ = mode;
}

Waiter* LimiterCore::grant_next(TimePoint now) {
  if (queue_.size() == 0) return nullptr;
  advance(now);
  // Room that nobody needs costs nothing; who cannot be served any more must not get it.
  if (mode_ == Mode::enforce) {
    if (in_flight_ >= limit_) return nullptr;
    shed_overdue();
  }
  bool any = false;
  for (std::size_t i = 0; i < settings_.classes.size() && !any; ++i) {
    any = may_be_granted(static_cast<ClassId>(i));
  }
  if (!any) return nullptr;
  const ClassId cls = shares_.choose([this](ClassId id) { return may_be_granted(id); });
  Waiter& waiter = queue_.next(cls, serves_newest(cls));
  leave_queue(waiter);
  waiter.grant_ = grant(cls, shares_.charge(cls), true);
  return &waiter;
}

void LimiterCore::stall(TimePoint now) {
  advance(now);
  ++stalled_;
}

void LimiterCore::resume(TimePoint now) {
  advance(now);
  --stalled_;
}

bool LimiterCore::would_refuse(const Demand& demand, ShedReason& reason, TimePoint now) const {
  if (mode_ != Mode::enforce || (has_room(demand.cls) && !someone_waits_for_the_same(demand.cls)))
    return false;
  reason = draining_ ? ShedReason::draining : ShedReason::queue_full;
  if (draining_) return true;
  return is_full(demand) && !has_overdue(now) && displaced_by(demand) == nullptr;
}

LimiterReading LimiterCore::read(TimePoint now) const {
  Integrals then = integrals_;  // up to now, without moving this one's clock
  const TimePoint at = std::max(now, at_);
  integrate(then, at - at_);
  LimiterReading reading;
  reading.at = at;
  reading.limit = limit_;
  reading.epoch = epoch_;
  reading.in_flight = in_flight_;
  reading.queued = queue_.size();
  reading.in_flight_seconds = then.in_flight.in_seconds();
  reading.queued_seconds = then.queued.in_seconds();
  reading.at_limit = then.at_limit;
  reading.granted = granted_;
  reading.stalled = stalled_;
  reading.would_queue = would_queue_;
  reading.would_shed = would_shed_;
  reading.drain_rate = pace_.drain_rate(at);
  for (std::size_t i = 0; i < settings_.classes.size(); ++i) {
    reading.classes[i] = {in_class_[i], queue_.size(static_cast<ClassId>(i))};
  }
  std::copy(parts_.begin(), parts_.end(), reading.parts.begin());
  if (queue_.size() > 0) {
    double fill =
        queue_.size() / static_cast<double>(std::max<std::size_t>(1, settings_.queue_size));
    for_each_oldest([&](ClassId cls, const Waiter& oldest) {
      const double by_age =
          tuner::seconds(at - oldest.queued_at_) / std::max(1e-9, tuner::seconds(timeout_of(cls)));
      fill = std::max(fill, by_age);
    });
    reading.queue_fill = std::clamp(fill, 0.0, 1.0);
  }
  return reading;
}

bool LimiterCore::has_room(ClassId cls) const {
  if (mode_ != Mode::enforce) return true;
  if (in_flight_ >= limit_) return false;
  if (parts_.empty()) return true;
  const std::size_t group = settings_.classes[cls].group;
  return in_group_[group] < parts_[group];
}

// Whoever waits although there is room waits for another group's room.
bool LimiterCore::someone_waits_for_the_same(ClassId cls) const {
  if (queue_.size() == 0) return false;
  if (parts_.empty()) return true;
  for (std::size_t i = 0; i < settings_.classes.size(); ++i) {
    if (settings_.classes[i].group == settings_.classes[cls].group &&
        queue_.size(static_cast<ClassId>(i)) > 0) {
      return true;
    }
  }
  return false;
}

bool LimiterCore::is_full(const Demand& demand) const {
  return static_cast<std::size_t>(queue_.size()) >= settings_.queue_size ||
         queue_.bytes() + demand.bytes > settings_.queue_bytes;
}

// A class's share is its part of the queue as well, once that is full.
bool LimiterCore::is_over_its_part(ClassId cls, int size) const {
  double shares = 0;
  for (const RequestClass& each : settings_.classes) shares += each.share;
  const double part =
      static_cast<double>(settings_.queue_size) * settings_.classes[cls].share / shares;
  return size > std::max(1.0, part);
}

// Who has to leave a full queue so that a newcomer may wait: the latest of a class that is over
// its part, where the newcomer's is not, or is of a higher priority; else of a tenant with more.
Waiter* LimiterCore::displaced_by(const Demand& demand) const {
  const auto& classes = settings_.classes;
  const bool is_within = !is_over_its_part(demand.cls, queue_.size(demand.cls) + 1);
  int victim = -1;
  for (int i = 0; i < static_cast<int>(classes.size()); ++i) {
    const auto id = static_cast<ClassId>(i);
    if (id == demand.cls || queue_.size(id) == 0 || !is_over_its_part(id, queue_.size(id)))
      continue;
    const auto& cls = classes[id];
    if (!is_within && cls.priority >= classes[demand.cls].priority) continue;
    if (victim < 0 || cls.priority < classes[static_cast<ClassId>(victim)].priority) victim = i;
  }
  if (victim >= 0) return &queue_.longest_tenants_latest(static_cast<ClassId>(victim));
  return queue_.displaced_by(demand.cls, demand.tenant);
}

bool LimiterCore::make_room(const Demand& demand) {
  while (is_full(demand)) {
    if (settings_.queue_size == 0 || demand.bytes > settings_.queue_bytes) return false;
    Waiter* displaced = displaced_by(demand);
    if (displaced == nullptr) return false;
    shed(*displaced, ShedReason::queue_full);
  }
  return true;
}

bool LimiterCore::cannot_finish(TimePoint deadline) const {
  return mode_ == Mode::enforce && deadline != TimePoint::max() &&
         at_ + pace_.least_time(at_) >= deadline;
}

// Not empty for so long: more than a burst (after Nichols and Jacobson, "Controlling Queue Delay",
// 2012, in the form for request queues of Maurer, "Fail at Scale", 2015).
// By class: the burst of one that is served at once stands behind no queue but another's.
bool LimiterCore::is_standing(ClassId cls) const {
  return queue_.size(cls) > 0 && at_ - not_empty_since_[cls] >= settings_.standing_after;
}

bool LimiterCore::serves_newest(ClassId cls) const {
  return settings_.discipline == Discipline::lifo ||
         (settings_.discipline == Discipline::adaptive && is_standing(cls));
}

Duration LimiterCore::timeout_of(ClassId cls) const {
  return std::min(settings_.classes[cls].queue_timeout.value_or(settings_.queue_timeout),
                  settings_.queue_timeout);
}

bool LimiterCore::has_overdue(TimePoint now) const {
  bool any = false;
  for_each_oldest([&](ClassId cls, const Waiter& oldest) {
    any = any || now - oldest.queued_at_ >= timeout_of(cls);
  });
  return any;
}

void LimiterCore::shed_overdue() {
  for (std::size_t i = 0; i < settings_.classes.size(); ++i) shed_overdue(static_cast<ClassId>(i));
  while (Waiter* urgent = queue_.most_urgent()) {
    if (!cannot_finish(urgent->demand_.deadline)) break;
    shed(*urgent, ShedReason::deadline);
  }
}

void LimiterCore::shed_overdue(ClassId cls) {
  while (Waiter* oldest = queue_.oldest(cls)) {
    const Duration age = at_ - oldest->queued_at_;
    if (age >= timeout_of(cls)) {
      shed(*oldest, ShedReason::queue_timeout);
    } else if (settings_.codel_target && age > *settings_.codel_target && is_standing(cls)) {
      shed(*oldest, ShedReason::codel);
    } else {
      return;
    }
  }
}

void LimiterCore::shed(Waiter& waiter, ShedReason reason) {
  leave_queue(waiter);
  waiter.reason_ = reason;
  (last_shed_ != nullptr ? last_shed_->flow_.next : first_shed_) = &waiter;
  last_shed_ = &waiter;
}

void LimiterCore::leave_queue(Waiter& waiter) {
  queue_.remove(waiter);
  if (queue_.size() == 0) shares_.forget();
}

void LimiterCore::count_what_would_have_been() {
  if (mode_ != Mode::shadow || in_flight_ < limit_) return;
  const auto beyond = static_cast<std::size_t>(in_flight_ - limit_);
  ++(beyond < settings_.queue_size ? would_queue_ : would_shed_);
}

}  // namespace sweetspot::admission
