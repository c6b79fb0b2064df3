#include "service/proxy/upstream_targets.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>

namespace sweetspot::proxy {

using namespace std::chrono_literals;
using tuner::Duration;
using tuner::TimePoint;

namespace {

constexpr Duration shortest_pause = 1s, longest_pause = 30s;
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

std::string problem_of(const Target& target) {
  if (target.failures.load(std::memory_order_relaxed) == 0) return {};
  const int problem = target.problem.load(std::memory_order_relaxed);
  if (problem == Target::no_answer) return "no answer within connect.timeout";
  if (problem == Target::no_handshake) return "the TLS handshake failed";
  return std::generic_category().message(problem);
}

bool UpstreamTargets::assign(const std::vector<Address>& addresses) {
  std::lock_guard lock(mutex_);
  auto next = std::make_shared<List>();
  for (const Address& address : addresses) {
    const auto is_same = [&](const auto& target) { return same(target->address, address); };
    if (std::any_of(next->begin(), next->end(), is_same)) continue;
    const auto known = std::find_if(list_->begin(), list_->end(), is_same);
    next->push_back(known != list_->end() ? *known : std::make_shared<Target>(address));
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

void TargetChoice::succeeded(Target& target) {
  if (target.failures.load(std::memory_order_relaxed) == 0) return;
  target.failures.store(0, std::memory_order_relaxed);
  target.avoided_until.store(INT64_MIN, std::memory_order_relaxed);
  target.counted_until.store(INT64_MIN, std::memory_order_relaxed);
}

void TargetChoice::failed(Target& target, int problem, TimePoint now) {
  target.problem.store(problem, std::memory_order_relaxed);
  if (problem != Target::no_answer && current().size() == 1) {
    target.failures.store(1, std::memory_order_relaxed);
    return avoid_until(target, now + pause_of_the_only_one);
  }
  // Those who were under way together fail together, of one cause.
  const auto ticks = now.time_since_epoch().count();
  if (ticks < target.counted_until.load(std::memory_order_relaxed)) return;
  target.counted_until.store(ticks + shortest_pause.count(), std::memory_order_relaxed);
  avoid_until(target, now + pause_of(target, target.failures.fetch_add(1) + 1, now));
}

// Longer only where requests have another way meanwhile.
Duration TargetChoice::pause_of(const Target& target, int failures, TimePoint now) {
  const auto& list = current();
  const bool is_spared = std::any_of(list.begin(), list.end(), [&](const auto& one) {
    return one.get() != &target && one->is_up(now);
  });
  return is_spared ? pause_after(failures) : shortest_pause;
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
