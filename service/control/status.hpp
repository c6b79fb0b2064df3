#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/admission/settings.hpp"
#include "service/control/address_status.hpp"
#include "service/control/decision_log.hpp"
#include "service/control/recent.hpp"
#include "service/control/settings.hpp"
#include "tuner/objective.hpp"
#include "tuner/verdict.hpp"

namespace sweetspot::control {

// A class of requests, or a group of classes, at one moment.
struct ClassStatus {
  std::string name, group{};  // group: empty where there are none
  int priority = 0;
  double share = 1;
  int in_flight = 0, queued = 0;
  std::uint64_t requests = 0, shed = 0;  // since the start
};
struct GroupStatus {
  std::string name;
  double share = 1;
  int limit = 0;  // its part of the limit in force
  int in_flight = 0, queued = 0;
};

// What a sidecar does at one moment. A value; the API's Status is made of it.
struct Status {
  int limit = 0;       // in force
  int held_limit = 0;  // what the last verdict settled on; differs while a probe runs
  int limit_min = 0, limit_max = 0;
  int in_flight = 0, queued = 0;
  tuner::State state = tuner::State::start;
  tuner::Objective objective = tuner::Objective::balanced;
  admission::Mode mode = admission::Mode::enforce;
  Algorithm algorithm = Algorithm::sweetspot;
  bool pinned = false;
  std::int64_t pin_expires_unix_ms = 0;  // 0: not pinned, or without an end
  std::optional<int> advised_limit;      // what the tuner would hold, told in mode shadow
  bool draining = false, drained = false;
  Duration p99_bound{};  // objective latency's; else zero
  std::optional<Decision> last_decision;
  Recent::Figures recent;
  std::uint64_t requests = 0, shed = 0;  // since the start
  Duration uptime{};
  std::string_view fleet = "off";      // what this replica is among its like, see service/fleet
  std::vector<ClassStatus> classes{};  // one at least
  std::vector<GroupStatus> groups{};
  std::vector<AddressStatus> addresses{};  // of the upstream, those that are down first

  // (in-flight + queued) / held limit: the signal to scale on, which probes do not shake.
  double saturation() const {
    return held_limit > 0 ? static_cast<double>(in_flight + queued) / held_limit : 0.0;
  }
};

}  // namespace sweetspot::control
