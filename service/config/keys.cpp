#include "service/config/keys.hpp"

#include <algorithm>
#include <array>

#include "service/config/admission_keys.hpp"
#include "service/config/fleet_keys.hpp"
#include "service/config/key_kinds.hpp"
#include "service/config/network_keys.hpp"
#include "service/config/operation_keys.hpp"
#include "service/config/proxy_keys.hpp"

namespace sweetspot::config {
namespace {

using namespace std::chrono_literals;

std::optional<Initial> initial_from(std::string_view text) {
  if (text == "auto") return Initial{Initial::Kind::automatic};
  if (text == "cpu") return Initial{Initial::Kind::cpu};
  if (text == "io") return Initial{Initial::Kind::io};
  const auto value = reads_number(1, 100000)(text);
  if (!value) return {};
  return Initial{Initial::Kind::number, *value};
}

std::string initial_text(const Initial& initial) {
  switch (initial.kind) {
    case Initial::Kind::automatic:
      return "auto";
    case Initial::Kind::cpu:
      return "cpu";
    case Initial::Kind::io:
      return "io";
    case Initial::Kind::number:
      break;
  }
  return std::to_string(initial.number);
}

Key control_address() {
  return scalar(
      "control", endpoint_or_socket(0), "the gRPC control API; see Access",
      [](auto& c) -> auto& { return c.control; },
      [](std::string_view text) { return endpoint_or_socket_from(text, 0); }, endpoint_text);
}

Key e_star() {
  return optional(
      "tuner.e_star", "a number from 0.01 to 0.99",
      "how much more throughput, per growth of what is in flight, justifies a larger limit; "
      "none: the objective's own (balanced 0.40, throughput 0.15)",
      [](auto& c) -> auto& { return c.tuning.e_star; },
      [](std::string_view text) {
        const auto value = number_from<double>(text);
        return value && *value >= 0.01 && *value <= 0.99 ? value : std::nullopt;
      },
      text_of);
}

Key limit_pin() {
  return optional(
      "limit.pin", number_range(1, 100000),
      "hold this limit and tune nothing until an operator asks for a retune",
      [](auto& c) -> auto& { return c.limit.pin; }, reads_number(1, 100000), writes_number);
}

Key initial() {
  return scalar(
      "limit.initial", "auto, cpu, io, or a number from 1 to 100000",
      "the start size. auto: the power of two nearest the CPUs, at least 8; cpu: the "
      "CPUs; io: four times the CPUs",
      [](auto& c) -> auto& { return c.limit.initial; }, initial_from, initial_text);
}

void add_service_keys(std::vector<Key>& all) {
  add_network_keys(all);
  all.push_back(endpoint(
      "admin", 0, "HTTP: the page, /metrics, /healthz, /readyz",
      [](auto& c) -> auto& { return c.admin; }));
  all.push_back(control_address());
  all.push_back(number(
      "workers", 1, 256, "I/O threads; one is enough for most sidecars",
      [](auto& c) -> auto& { return c.proxy.workers; }));
  all.push_back(choice(
      "mode", std::array{admission::Mode::enforce, admission::Mode::shadow, admission::Mode::off},
      "enforce: hold and shed; shadow: hold and shed nothing, count what would "
      "have been; off: a plain proxy",
      [](auto& c) -> auto& { return c.admission.mode; }));
}

void add_limit_keys(std::vector<Key>& all) {
  all.push_back(initial());
  all.push_back(number(
      "limit.min", 1, 100000, "the limit never goes below",
      [](auto& c) -> auto& { return c.limit.min; }));
  all.push_back(number(
      "limit.max", 1, 100000, "the limit never goes above",
      [](auto& c) -> auto& { return c.limit.max; }));
  all.push_back(limit_pin());
}

void add_tuner_keys(std::vector<Key>& all) {
  using tuner::Objective;
  all.push_back(choice(
      "tuner.objective", std::array{Objective::balanced, Objective::throughput, Objective::latency},
      "balanced: the knee; throughput: the last size that still gains; latency: "
      "the largest limit whose p99 meets tuner.p99_bound",
      [](auto& c) -> auto& { return c.tuning.objective; }));
  all.push_back(optional(
      "tuner.p99_bound", duration_range(1ms, 10min),
      "the backend's p99 that objective latency must meet; required there and "
      "allowed only there",
      [](auto& c) -> auto& { return c.tuning.p99_bound; }, reads_duration(1ms, 10min),
      writes_duration));
  all.push_back(e_star());
  all.push_back(optional(
      "tuner.late_after", duration_range(1ms, 1h),
      "an answer slower than this counts as late; none: ten times the p99 at "
      "hold",
      [](auto& c) -> auto& { return c.tuning.late_after; }, reads_duration(1ms, 1h),
      writes_duration));
  all.push_back(choice(
      "tuner.algorithm",
      std::array{control::Algorithm::sweetspot, control::Algorithm::gradient,
                 control::Algorithm::gradient2, control::Algorithm::vegas, control::Algorithm::aimd,
                 control::Algorithm::fixed},
      "sweetspot: find the limit; gradient, gradient2, vegas, aimd: the field's "
      "algorithms, to compare; fixed: hold the start size",
      [](auto& c) -> auto& { return c.tuning.algorithm; }));
}

std::vector<Key> make_keys() {
  std::vector<Key> all;
  add_service_keys(all);
  add_limit_keys(all);
  add_queue_keys(all);
  add_class_keys(all);
  add_refusal_keys(all);
  add_proxy_keys(all);
  add_tuner_keys(all);
  add_life_keys(all);
  add_caller_keys(all);
  add_fleet_keys(all);
  return all;
}

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> all = make_keys();
  return all;
}

const Key* find_key(std::string_view name) {
  const auto found =
      std::find_if(keys().begin(), keys().end(), [&](const Key& key) { return key.name == name; });
  return found == keys().end() ? nullptr : &*found;
}

}  // namespace sweetspot::config
