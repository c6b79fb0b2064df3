#include "service/admission/limiter.hpp"

#include <atomic>
#include <cassert>
#include <mutex>
#include <utility>

#include "service/admission/limiter_core.hpp"
#include "service/admission/retry_after.hpp"
#include "service/admission/spin_mutex.hpp"

namespace sweetspot::admission {

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    release(TimePoint{});
    limiter_ = std::exchange(other.limiter_, nullptr);
    grant_ = other.grant_;
    stalled_ = other.stalled_;
  }
  return *this;
}

void Permit::give_back(TimePoint now) {
  std::exchange(limiter_, nullptr)->release(grant_, stalled_, now);
}

void Permit::set_stalled(bool stalled, TimePoint now) {
  if (limiter_ == nullptr || stalled == stalled_) return;
  stalled_ = stalled;
  limiter_->set_stalled(stalled, now);
}

struct Limiter::Impl {
  Impl(Settings given, int initial, TimePoint now) : core(given, initial, now) {
    for (const auto& cls : given.classes) names.push_back(cls.name);
    auto kept = std::make_shared<const Settings>(std::move(given));
    keep(kept);
    publish();
  }

  // Leaves the ones before to the caller, who has the lock no longer when they end.
  void keep(std::shared_ptr<const Settings>& next) {
    queue_size.store(next->queue_size, std::memory_order_relaxed);
    queue_bytes.store(next->queue_bytes, std::memory_order_relaxed);
    settings.swap(next);
  }

  // Mirrors for readers without the lock. Written under it.
  void publish() {
    limit.store(core.limit(), std::memory_order_relaxed);
    in_flight.store(core.in_flight(), std::memory_order_relaxed);
    queued.store(core.queued(), std::memory_order_relaxed);
    queued_bytes.store(core.queued_bytes(), std::memory_order_relaxed);
    epoch.store(core.epoch(), std::memory_order_relaxed);
    mode.store(core.mode(), std::memory_order_relaxed);
  }
  void publish_in_flight() { in_flight.store(core.in_flight(), std::memory_order_relaxed); }

  std::vector<std::string> names;  // of the classes
  mutable SpinMutex mutex;
  std::shared_ptr<const Settings> settings;
  LimiterCore core;
  std::atomic<Mode> mode;
  std::atomic<int> limit, in_flight, queued;
  std::atomic<std::size_t> queued_bytes, queue_size, queue_bytes;
  mutable std::atomic<std::uint64_t> refusals{0};  // spreads when they are told to come back
  std::atomic<std::uint64_t> epoch;
};

// Those who must be told something, collected under the lock and told after it: each may be gone,
// or queued again, once it was.
class Limiter::Told {
 public:
  explicit Told(Limiter& limiter) : limiter_(limiter) {}

  void grant(Waiter& waiter) { append(granted_, waiter); }
  void collect_shed() {
    while (Waiter* waiter = limiter_.impl_->core.next_shed()) append(shed_, *waiter);
  }

  void tell() {
    while (Waiter* waiter = pop(granted_)) {
      waiter->granted(Permit(limiter_, Grant(waiter->grant_)));
    }
    while (Waiter* waiter = pop(shed_)) waiter->shed(waiter->reason_);
  }

 private:
  struct List {
    Waiter* first = nullptr;
    Waiter* last = nullptr;
  };
  static void append(List& list, Waiter& waiter) {
    (list.last != nullptr ? list.last->flow_.next : list.first) = &waiter;
    list.last = &waiter;
  }
  static Waiter* pop(List& list) {
    Waiter* waiter = list.first;
    if (waiter != nullptr) list.first = std::exchange(waiter->flow_.next, nullptr);
    return waiter;
  }

  Limiter& limiter_;
  List granted_, shed_;
};

Limiter::Limiter(Settings settings, int limit, TimePoint now)
    : impl_(std::make_unique<Impl>(std::move(settings), limit, now)) {}

Limiter::~Limiter() { assert(impl_->core.in_flight() == 0); }

// The two ways apart: what the rare one needs in memory would cost the common one half its time.
Limiter::Acquired Limiter::acquire(Waiter& waiter, TimePoint now, const Demand& demand) {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->core.grants_at_once(demand)) {
      Acquired acquired{Answer::granted, Permit(*this), {}};
      impl_->core.grant_at_once(now, demand, acquired.permit.grant_);
      impl_->publish_in_flight();
      return acquired;
    }
  }
  return acquire_or_wait(waiter, now, demand);
}

Limiter::Acquired Limiter::acquire_or_wait(Waiter& waiter, TimePoint now, const Demand& demand) {
  Told told(*this);
  LimiterCore::Decision decision;
  {
    std::lock_guard lock(impl_->mutex);
    decision = impl_->core.acquire(waiter, now, demand);
    told.collect_shed();
    impl_->publish();
  }
  told.tell();
  if (decision.answer != Answer::granted) return {decision.answer, {}, decision.reason};
  return {Answer::granted, Permit(*this, decision.grant), {}};
}

std::optional<ShedReason> Limiter::would_refuse(const Demand& demand, TimePoint now) const {
  if (static_cast<std::size_t>(queued()) < impl_->queue_size.load(std::memory_order_relaxed) &&
      impl_->queued_bytes.load(std::memory_order_relaxed) + demand.bytes <=
          impl_->queue_bytes.load(std::memory_order_relaxed)) {
    return {};
  }
  std::lock_guard lock(impl_->mutex);
  ShedReason reason{};
  if (!impl_->core.would_refuse(demand, reason, now)) return {};
  return reason;
}

bool Limiter::cancel(Waiter& waiter, TimePoint now) {
  std::lock_guard lock(impl_->mutex);
  const bool cancelled = impl_->core.cancel(waiter, now);
  impl_->publish();
  return cancelled;
}

int Limiter::retry_after(TimePoint now) const {
  double drain_rate;
  {
    std::lock_guard lock(impl_->mutex);
    drain_rate = impl_->core.drain_rate(now);
  }
  const auto turn = impl_->refusals.fetch_add(1, std::memory_order_relaxed);
  return admission::retry_after(queued(), drain_rate, spread(turn));
}

void Limiter::expire(TimePoint now) {
  if (queued() == 0) return;
  Told told(*this);
  {
    std::lock_guard lock(impl_->mutex);
    impl_->core.find_expired(now);
    told.collect_shed();
    impl_->publish();
  }
  told.tell();
}

void Limiter::drain() {
  std::lock_guard lock(impl_->mutex);
  impl_->core.drain();
}

bool Limiter::set_limit(int limit, TimePoint now) {
  bool is_reached = false;
  grant_all([&] { is_reached = impl_->core.set_limit(limit, now); }, now);
  return is_reached;
}

void Limiter::set_mode(Mode mode, TimePoint now) {
  grant_all([&] { impl_->core.set_mode(mode, now); }, now);
}

void Limiter::reconfigure(const Settings& next, TimePoint now) {
  Settings copy = next;
  auto kept = std::make_shared<const Settings>(next);
  const auto change = [&] {
    impl_->core.reconfigure(std::move(copy), now);
    impl_->keep(kept);
  };
  grant_all(change, now);
}

template <typename Change>
void Limiter::grant_all(Change change, TimePoint now) {
  Told told(*this);
  {
    std::lock_guard lock(impl_->mutex);
    change();
    while (Waiter* waiter = impl_->core.grant_next(now)) told.grant(*waiter);
    told.collect_shed();
    impl_->publish();
  }
  told.tell();
}

void Limiter::release(const Grant& grant, bool stalled, TimePoint now) {
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->core.release_for_nobody(stalled, now, grant)) return impl_->publish_in_flight();
  }
  release_to_next(grant, stalled, now);
}

void Limiter::release_to_next(const Grant& grant, bool stalled, TimePoint now) {
  Told told(*this);
  {
    std::lock_guard lock(impl_->mutex);
    // One at most, but where a group's part or a shed waiter left room for more.
    Waiter* next = impl_->core.release(stalled, now, grant);
    for (; next != nullptr; next = impl_->core.grant_next(now)) told.grant(*next);
    told.collect_shed();
    impl_->publish();
  }
  told.tell();
}

void Limiter::set_stalled(bool stalled, TimePoint now) {
  std::lock_guard lock(impl_->mutex);
  stalled ? impl_->core.stall(now) : impl_->core.resume(now);
}

Mode Limiter::mode() const { return impl_->mode.load(std::memory_order_relaxed); }
const std::string& Limiter::name_of(ClassId cls) const { return impl_->names[cls]; }
int Limiter::limit() const { return impl_->limit.load(std::memory_order_relaxed); }
int Limiter::in_flight() const { return impl_->in_flight.load(std::memory_order_relaxed); }
int Limiter::queued() const { return impl_->queued.load(std::memory_order_relaxed); }
std::uint64_t Limiter::epoch() const { return impl_->epoch.load(std::memory_order_relaxed); }

std::shared_ptr<const Settings> Limiter::settings() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->settings;
}

LimiterReading Limiter::read(TimePoint now) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->core.read(now);
}

}  // namespace sweetspot::admission
