#include "service/proxy/upstream_targets.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>

#include "service/proxy/addresses.hpp"

namespace sweetspot::proxy {

using namespace std::chrono_literals;
using tuner::Duration;
using tuner::TimePoint;

namespace {

constexpr Duration shortest_pause = 1s, longest_pause = 30s;
constexpr int broken_off_by_accident = 4;          // in a row: one that restarts does so, too
constexpr Duration pause_of_the_only_one = 100ms;  // a refusal tells at once: it may soon be asked

bool same(const Address& one, const Address& other) {
  return one.size == other.size && std::memcmp(&one.storage, &other.storage, one.size) == 0;
}

Duration pause_after(int failures) {
  return std::min(longest_pause, shortest_pause * (1 << std::min(failures - 1, 5)));
}

void avoid_until(Target& target, TimePoint at) {
  target.avoided_until.store(at.time_since_epoch().count(), std::memory_order_relaxed);
}

}  // namespace

void Target::set_health(const std::string& what) {
  std::lock_guard lock(mutex_);
  health_problem_ = what;
  is_healthy = what.empty();
}

std::string Target::health_problem() const {
  std::lock_guard lock(mutex_);
  return health_problem_;
}

void Target::took_connection() {
  if (failures.load(std::memory_order_relaxed) == 0) return;
  if (broken_off.load(std::memory_order_relaxed) > broken_off_by_accident) return;
  failures.store(0, std::memory_order_relaxed);
  avoided_until.store(INT64_MIN, std::memory_order_relaxed);
  counted_until.store(INT64_MIN, std::memory_order_relaxed);
}

std::string problem_of(const Target& target) {
  if (target.is_self) return "it is this sidecar itself: what is sent there would come back";
  const bool breaks_off =
      target.broken_off.load(std::memory_order_relaxed) > broken_off_by_accident;
  const int failures = target.failures.load(std::memory_order_relaxed);
  const int problem = target.problem.load(std::memory_order_relaxed);
  if (breaks_off && (failures == 0 || problem == Target::breaks_off))
    return "it closes connections without an answer";
  if (failures == 0) return target.health_problem();
  if (problem == Target::no_answer) return "no answer within connect.timeout";
  if (problem == Target::no_handshake) return "the TLS handshake failed";
  return std::generic_category().message(problem);
}

control::AddressStatus status_of(const Target& target) {
  control::AddressStatus status{.address = target.address.name,
                                .problem = problem_of(target),
                                .is_self = target.is_self.load(),
                                .in_flight = target.in_flight.load(std::memory_order_relaxed),
                                .connections = target.connections.load(std::memory_order_relaxed),
                                .requests = target.requests.load(std::memory_order_relaxed)};
  for (std::size_t i = 0; i < status.errors.size(); ++i)
    status.errors[i] = target.errors[i].load(std::memory_order_relaxed);
  return status;
}

void UpstreamTargets::beware_of(std::vector<Address> listeners) {
  std::lock_guard lock(mutex_);
  listeners_ = std::move(listeners);
  for (const auto& target : *list_) examine(*target);
}

void UpstreamTargets::examine(Target& target) const {
  const auto leads_there = [&](const Address& one) { return leads_to(target.address, one); };
  if (std::none_of(listeners_.begin(), listeners_.end(), leads_there)) return;
  target.is_self = true;
  target.avoided_until = INT64_MAX;
}

bool UpstreamTargets::assign(const std::vector<Address>& addresses) {
  std::lock_guard lock(mutex_);
  auto next = std::make_shared<List>();
  for (const Address& address : addresses) {
    const auto is_same = [&](const auto& target) { return same(target->address, address); };
    if (std::any_of(next->begin(), next->end(), is_same)) continue;
    const auto known = std::find_if(list_->begin(), list_->end(), is_same);
    next->push_back(known != list_->end() ? *known : std::make_shared<Target>(address));
    if (known == list_->end()) examine(*next->back());
  }
  for (const auto& target : *list_) {
    const bool stays = std::find(next->begin(), next->end(), target) != next->end();
    target->is_retired.store(!stays, std::memory_order_relaxed);
  }
  if (*next == *list_) return false;
  list_ = std::move(next);
  version_.fetch_add(1, std::memory_order_release);
  return true;
}

std::shared_ptr<const UpstreamTargets::List> UpstreamTargets::list() const {
  std::lock_guard lock(mutex_);
  return list_;
}

Target* TargetChoice::choose(TimePoint now, const Tried& tried) {
  const auto& list = current();
  Target* best = nullptr;
  if (list.size() > 1) first_ = (first_ + 1) % list.size();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& one = list[(first_ + i) % list.size()];
    if (!one->is_up(now) || std::find(tried.begin(), tried.end(), one) != tried.end()) continue;
    const int in_flight = one->in_flight.load(std::memory_order_relaxed);
    if (best == nullptr || in_flight < best->in_flight.load(std::memory_order_relaxed))
      best = one.get();
  }
  return best;
}

void TargetChoice::not_taken() {
  const std::size_t targets = current().size();
  if (targets > 1) first_ = (first_ + targets - 1) % targets;
}

void TargetChoice::tries(Target& target, TimePoint now) {
  const int failures = target.failures.load(std::memory_order_relaxed);
  if (failures > 0) avoid_until(target, now + pause_of(target, failures, now));
}

bool TargetChoice::any_up(TimePoint now) {
  const auto& list = current();
  return std::any_of(list.begin(), list.end(), [now](const auto& one) { return one->is_up(now); });
}

void TargetChoice::failed(Target& target, int problem, TimePoint now) {
  target.count(control::AddressError::connect);
  if (problem != Target::no_answer && current().size() == 1) {
    target.problem.store(problem, std::memory_order_relaxed);
    target.failures.store(1, std::memory_order_relaxed);
    return avoid_until(target, now + pause_of_the_only_one);
  }
  leave_alone(target, problem, now);
}

void TargetChoice::answered(Target& target) {
  if (target.broken_off.load(std::memory_order_relaxed) == 0) return;
  target.broken_off.store(0, std::memory_order_relaxed);
  target.took_connection();
}

void TargetChoice::broke_off(Target& target, TimePoint now) {
  const int in_a_row = target.broken_off.fetch_add(1, std::memory_order_relaxed) + 1;
  if (in_a_row <= broken_off_by_accident || 2 * others_up(target, now) < current().size()) return;
  leave_alone(target, Target::breaks_off, now);
}

void TargetChoice::leave_alone(Target& target, int problem, TimePoint now) {
  target.problem.store(problem, std::memory_order_relaxed);
  // Those who were under way together fail together, of one cause.
  const auto ticks = now.time_since_epoch().count();
  if (ticks < target.counted_until.load(std::memory_order_relaxed)) return;
  target.counted_until.store(ticks + shortest_pause.count(), std::memory_order_relaxed);
  avoid_until(target, now + pause_of(target, target.failures.fetch_add(1) + 1, now));
}

// Longer only where requests have another way meanwhile.
Duration TargetChoice::pause_of(const Target& target, int failures, TimePoint now) {
  return others_up(target, now) > 0 ? pause_after(failures) : shortest_pause;
}

std::size_t TargetChoice::others_up(const Target& target, TimePoint now) {
  const auto& list = current();
  return static_cast<std::size_t>(std::count_if(list.begin(), list.end(), [&](const auto& one) {
    return one.get() != &target && one->is_up(now);
  }));
}

const UpstreamTargets::List& TargetChoice::current() {
  const std::uint64_t version = targets_.version();
  if (version != version_) {
    list_ = targets_.list();
    version_ = version;
  }
  return *list_;
}

}  // namespace sweetspot::proxy
