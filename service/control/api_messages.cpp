#include "service/control/api_messages.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>

namespace sweetspot::control {
namespace {

std::int64_t whole_milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

v1::Arm to_message(const tuner::Arm& arm) {
  v1::Arm message;
  message.set_limit(arm.limit);
  message.set_samples(arm.samples);
  message.set_throughput(arm.throughput);
  message.set_in_flight(arm.in_flight);
  message.set_p50_ms(tuner::milliseconds(arm.p50));
  message.set_p99_ms(tuner::milliseconds(arm.p99));
  message.set_shed_share(arm.shed_share);
  message.set_failure_share(arm.failure_share);
  return message;
}

v1::ClassStatus to_message(const ClassStatus& cls) {
  v1::ClassStatus message;
  message.set_name(cls.name);
  message.set_group(cls.group);
  message.set_priority(cls.priority);
  message.set_share(cls.share);
  message.set_in_flight(cls.in_flight);
  message.set_queued(cls.queued);
  message.set_requests(cls.requests);
  message.set_shed(cls.shed);
  return message;
}

v1::AddressStatus to_message(const AddressStatus& address) {
  v1::AddressStatus message;
  message.set_address(address.address);
  message.set_up(address.problem.empty());
  message.set_problem(address.problem);
  message.set_down_since_unix_ms(address.down_since_unix_ms);
  message.set_in_flight(address.in_flight);
  message.set_connections(address.connections);
  message.set_requests(address.requests);
  message.set_errors(
      std::accumulate(address.errors.begin(), address.errors.end(), std::uint64_t{0}));
  return message;
}

Duration from_milliseconds(double ms) { return std::chrono::nanoseconds(std::llround(ms * 1e6)); }

tuner::Arm from_message(const v1::Arm& message) {
  return {.limit = message.limit(),
          .samples = message.samples(),
          .throughput = message.throughput(),
          .in_flight = message.in_flight(),
          .p50 = from_milliseconds(message.p50_ms()),
          .p99 = from_milliseconds(message.p99_ms()),
          .shed_share = message.shed_share(),
          .failure_share = message.failure_share()};
}

// The enumerator of that name; nothing where there is none.
template <class Enum>
std::optional<Enum> named(std::span<const Enum> all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](Enum value) { return to_string(value) == name; });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

std::optional<Decision> from_message(const v1::Verdict& message) {
  const auto reason = named(tuner::all_reasons(), message.reason());
  const auto state = named(tuner::all_states(), message.state());
  if (!reason || !state || message.sequence() == 0) return {};
  std::optional<Decision> decision(std::in_place);
  decision->unix_time_ms = message.unix_time_ms();
  decision->comment = message.comment();
  decision->who = message.who();
  decision->action = message.action();
  auto& verdict = decision->verdict;
  verdict.sequence = message.sequence();
  verdict.from = message.from();
  verdict.to = message.to();
  verdict.reason = *reason;
  verdict.state = *state;
  if (message.has_lo()) verdict.lo = from_message(message.lo());
  if (message.has_hi()) verdict.hi = from_message(message.hi());
  verdict.elasticity = message.elasticity();
  verdict.e_star = message.e_star();
  verdict.z = message.z();
  verdict.sentence = message.sentence();
  return decision;
}

v1::Verdict to_message(const Decision& decision) {
  const auto& verdict = decision.verdict;
  v1::Verdict message;
  message.set_sequence(verdict.sequence);
  message.set_unix_time_ms(decision.unix_time_ms);
  message.set_from(verdict.from);
  message.set_to(verdict.to);
  message.set_reason(std::string(to_string(verdict.reason)));
  message.set_sentence(verdict.sentence);
  if (verdict.lo) *message.mutable_lo() = to_message(*verdict.lo);
  if (verdict.hi) *message.mutable_hi() = to_message(*verdict.hi);
  message.set_elasticity(verdict.elasticity);
  message.set_e_star(verdict.e_star);
  message.set_z(verdict.z);
  message.set_state(std::string(to_string(verdict.state)));
  message.set_comment(decision.comment);
  message.set_who(decision.who);
  message.set_action(decision.action);
  return message;
}

v1::Status to_message(const Status& status, int backend_threads) {
  v1::Status message;
  message.set_limit(status.limit);
  message.set_held_limit(status.held_limit);
  message.set_limit_min(status.limit_min);
  message.set_limit_max(status.limit_max);
  message.set_in_flight(status.in_flight);
  message.set_queued(status.queued);
  message.set_state(std::string(to_string(status.state)));
  message.set_objective(std::string(to_string(status.objective)));
  message.set_mode(std::string(to_string(status.mode)));
  message.set_algorithm(std::string(to_string(status.algorithm)));
  message.set_pinned(status.pinned);
  message.set_pin_expires_unix_ms(status.pin_expires_unix_ms);
  message.set_draining(status.draining);
  message.set_drained(status.drained);
  message.set_p99_bound_ms(tuner::milliseconds(status.p99_bound));
  if (status.last_decision) *message.mutable_last_verdict() = to_message(*status.last_decision);
  const auto& recent = status.recent;
  message.set_span_ms(whole_milliseconds(recent.span));
  message.set_throughput(recent.throughput);
  message.set_p50_ms(tuner::milliseconds(recent.p50));
  message.set_p99_ms(tuner::milliseconds(recent.p99));
  message.set_held_throughput(recent.held_throughput);
  message.set_held_p50_ms(tuner::milliseconds(recent.held_p50));
  message.set_held_p99_ms(tuner::milliseconds(recent.held_p99));
  message.set_exploration_share(recent.exploration_share);
  message.set_saturation(status.saturation());
  message.set_backend_threads(backend_threads);
  message.set_version(SWEETSPOT_VERSION);
  message.set_uptime_ms(whole_milliseconds(status.uptime));
  message.set_fleet(std::string(status.fleet));
  message.set_requests(status.requests);
  message.set_shed(status.shed);
  message.set_advised_limit(status.advised_limit.value_or(0));
  for (const auto& cls : status.classes) *message.add_classes() = to_message(cls);
  const std::size_t shown = std::min(status.addresses.size(), most_addresses_shown);
  for (std::size_t i = 0; i < shown; ++i)
    *message.add_addresses() = to_message(status.addresses[i]);
  for (const auto& group : status.groups) {
    auto& one = *message.add_groups();
    one.set_name(group.name);
    one.set_share(group.share);
    one.set_in_flight(group.in_flight);
    one.set_queued(group.queued);
    one.set_limit(group.limit);
  }
  return message;
}

v1::Curve to_message(const LearntCurve& curve) {
  v1::Curve message;
  for (const auto& [arm, unix_time_ms, stale, low, high] : curve.points) {
    auto& point = *message.add_points();
    point.set_limit(arm.limit);
    point.set_in_flight(arm.in_flight);
    point.set_throughput(arm.throughput);
    point.set_throughput_low(low);
    point.set_throughput_high(high);
    point.set_p50_ms(tuner::milliseconds(arm.p50));
    point.set_p99_ms(tuner::milliseconds(arm.p99));
    point.set_samples(arm.samples);
    point.set_unix_time_ms(unix_time_ms);
    point.set_stale(stale);
    const auto step = std::find_if(curve.steps.begin(), curve.steps.end(),
                                   [limit = arm.limit](const auto& to) { return to.to == limit; });
    if (step == curve.steps.end()) continue;
    point.set_elasticity(step->elasticity);
    point.set_compared(step->is_compared);
  }
  const auto& knee = curve.knee;
  message.set_sweet_spot(knee.sweet_spot.value_or(0));
  message.set_low(knee.low);
  message.set_high(knee.high);
  message.set_confidence(knee.confidence);
  message.set_reason(knee.reason);
  message.set_sentence(knee.sentence);
  message.set_objective(std::string(to_string(curve.objective)));
  message.set_e_star(curve.e_star);
  message.set_held_limit(curve.held_limit);
  return message;
}

v1::Config to_message(const std::vector<ConfigurationKey>& keys) {
  v1::Config message;
  for (const auto& key : keys) {
    auto& one = *message.add_keys();
    one.set_name(key.name);
    one.set_value(key.value);
    one.set_default_value(key.fallback);
    one.set_allowed(key.allowed);
    one.set_where(key.where);
    one.set_live(key.is_live);
  }
  return message;
}

v1::ConfigReview to_message(const Reconfigured& result) {
  v1::ConfigReview message;
  for (const auto& key : result.applied) message.add_applied(key);
  for (const auto& key : result.restart) message.add_restart(key);
  constexpr std::size_t most_errors = 1000;  // a message has its bounds
  for (std::size_t i = 0; i < std::min(result.errors.size(), most_errors); ++i)
    message.add_errors(result.errors[i]);
  return message;
}

v1::Diagnosis to_message(const std::vector<platform::Finding>& findings) {
  v1::Diagnosis message;
  for (const auto& finding : findings) {
    auto& one = *message.add_findings();
    one.set_check(finding.check);
    one.set_level(std::string(to_string(finding.level)));
    one.set_sentence(finding.sentence);
  }
  return message;
}

}  // namespace sweetspot::control
