#include "service/admission/limiter.hpp"

#include <cassert>
#include <mutex>
#include <utility>

#include "service/admission/limiter_core.hpp"
#include "service/admission/spin_mutex.hpp"

namespace sweetspot::admission {

Permit::Permit(Permit&& other) noexcept
    : limiter_(std::exchange(other.limiter_, nullptr)),
      epoch_(other.epoch_),
      granted_at_(other.granted_at_),
      stalled_(other.stalled_) {}

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    release(TimePoint{});
    limiter_ = std::exchange(other.limiter_, nullptr);
    epoch_ = other.epoch_;
    granted_at_ = other.granted_at_;
    stalled_ = other.stalled_;
  }
  return *this;
}

// Without a clock here: what is returned without a time counts up to the last transition.
Permit::~Permit() { release(TimePoint{}); }

void Permit::release(TimePoint now) {
  if (limiter_ != nullptr) std::exchange(limiter_, nullptr)->release(stalled_, now);
}

void Permit::set_stalled(bool stalled, TimePoint now) {
  if (limiter_ == nullptr || stalled == stalled_) return;
  stalled_ = stalled;
  limiter_->set_stalled(stalled, now);
}

struct Limiter::Impl {
  Impl(Settings settings, int initial, TimePoint now)
      : core(settings, initial, now), queue_timeout(settings.queue_timeout) {
    publish();
  }

  // Mirrors for readers without the lock. Written under it.
  void publish() {
    limit.store(core.limit(), std::memory_order_relaxed);
    in_flight.store(core.in_flight(), std::memory_order_relaxed);
    queued.store(core.queued(), std::memory_order_relaxed);
    epoch.store(core.epoch(), std::memory_order_relaxed);
    mode.store(core.mode(), std::memory_order_relaxed);
  }

  mutable SpinMutex mutex;
  LimiterCore core;
  const Duration queue_timeout;
  std::atomic<Mode> mode;
  std::atomic<int> limit, in_flight, queued;
  std::atomic<std::uint64_t> epoch;
};

Limiter::Limiter(Settings settings, int limit, TimePoint now)
    : impl_(std::make_unique<Impl>(settings, limit, now)) {}

Limiter::~Limiter() { assert(impl_->core.in_flight() == 0); }

Limiter::Acquired Limiter::acquire(Waiter& waiter, TimePoint now) {
  std::lock_guard lock(impl_->mutex);
  const auto decision = impl_->core.acquire(waiter, now);
  impl_->publish();
  if (decision.answer != Answer::granted) return {decision.answer, {}, decision.reason};
  return {Answer::granted, make_permit(), {}};
}

bool Limiter::cancel(Waiter& waiter, TimePoint now) {
  std::lock_guard lock(impl_->mutex);
  const bool cancelled = impl_->core.cancel(waiter, now);
  impl_->publish();
  return cancelled;
}

void Limiter::expire(TimePoint now) {
  if (queued() == 0) return;
  Waiter* first = nullptr;
  {
    std::lock_guard lock(impl_->mutex);
    Waiter* last = nullptr;
    while (Waiter* waiter = impl_->core.shed_expired(now)) {
      (last != nullptr ? last->next_ : first) = waiter;
      last = waiter;
    }
    impl_->publish();
  }
  while (first != nullptr) {
    // It may be gone, or queued again, once it was told.
    Waiter* waiter = std::exchange(first, first->next_);
    waiter->shed(ShedReason::queue_timeout);
  }
}

void Limiter::drain() {
  std::lock_guard lock(impl_->mutex);
  impl_->core.drain();
}

void Limiter::set_limit(int limit, TimePoint now) {
  grant_all([&] { impl_->core.set_limit(limit, now); }, now);
}

void Limiter::set_mode(Mode mode, TimePoint now) {
  grant_all([&] { impl_->core.set_mode(mode, now); }, now);
}

template <typename Change>
void Limiter::grant_all(Change change, TimePoint now) {
  Waiter* first = nullptr;
  Permit shared;  // what all of this batch have in common
  {
    std::lock_guard lock(impl_->mutex);
    change();
    Waiter* last = nullptr;
    while (Waiter* waiter = impl_->core.grant_next(now)) {
      (last != nullptr ? last->next_ : first) = waiter;
      last = waiter;
    }
    impl_->publish();
    shared.epoch_ = impl_->core.epoch();
    shared.granted_at_ = impl_->core.at();
  }
  while (first != nullptr) {
    Waiter* waiter = std::exchange(first, first->next_);
    Permit permit;
    permit.limiter_ = this;
    permit.epoch_ = shared.epoch_;
    permit.granted_at_ = shared.granted_at_;
    waiter->granted(std::move(permit));
  }
}

void Limiter::release(bool stalled, TimePoint now) {
  Waiter* next;
  Permit permit;
  {
    std::lock_guard lock(impl_->mutex);
    next = impl_->core.release(stalled, now);
    impl_->publish();
    if (next != nullptr) permit = make_permit();
  }
  if (next != nullptr) next->granted(std::move(permit));
}

void Limiter::set_stalled(bool stalled, TimePoint now) {
  std::lock_guard lock(impl_->mutex);
  stalled ? impl_->core.stall(now) : impl_->core.resume(now);
}

Permit Limiter::make_permit() {
  Permit permit;
  permit.limiter_ = this;
  permit.epoch_ = impl_->core.epoch();
  permit.granted_at_ = impl_->core.at();
  return permit;
}

Mode Limiter::mode() const { return impl_->mode.load(std::memory_order_relaxed); }
Duration Limiter::queue_timeout() const { return impl_->queue_timeout; }
int Limiter::limit() const { return impl_->limit.load(std::memory_order_relaxed); }
int Limiter::in_flight() const { return impl_->in_flight.load(std::memory_order_relaxed); }
int Limiter::queued() const { return impl_->queued.load(std::memory_order_relaxed); }
std::uint64_t Limiter::epoch() const { return impl_->epoch.load(std::memory_order_relaxed); }

LimiterReading Limiter::read(TimePoint now) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->core.read(now);
}

}  // namespace sweetspot::admission
