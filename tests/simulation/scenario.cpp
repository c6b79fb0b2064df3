#include "tests/simulation/scenario.hpp"

#include <algorithm>
#include <cmath>

#include "tests/simulation/station.hpp"

namespace sweetspot::simulation {

double usl_mu(const BackendSpec& spec, double n) {
  return n / tuner::seconds(spec.service) /
         (1 + spec.contention * (n - 1) + spec.coherency * n * (n - 1));
}

double capacity(const BackendSpec& spec) {
  if (spec.kind == BackendKind::disk) return disk_mu(64);
  if (spec.kind == BackendKind::usl) return usl_mu(spec, knee(spec));
  return spec.parallelism / tuner::seconds(spec.service);
}

double knee(const BackendSpec& spec) {
  if (spec.kind == BackendKind::disk) return 16;
  if (spec.kind == BackendKind::usl) return std::sqrt((1 - spec.contention) / spec.coherency);
  return spec.parallelism * (1 + tuner::seconds(spec.io) / tuner::seconds(spec.service));
}

Duration Scenario::timeout() const {
  return queue_timeout.value_or(5 * (backend.service + backend.io));
}

Duration Scenario::due() const {
  return deadline.value_or(
      std::max<Duration>(std::chrono::seconds(1), 10 * (backend.service + backend.io)));
}

std::vector<Duration> Scenario::phases() const {
  std::vector<Duration> starts{Duration::zero()};
  for (const Event& event : events) {
    if (event.phase && event.at > starts.back()) starts.push_back(event.at);
  }
  return starts;
}

}  // namespace sweetspot::simulation
