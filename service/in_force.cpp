#include "service/in_force.hpp"

#include <algorithm>
#include <chrono>

#include "service/descriptors.hpp"

namespace sweetspot::service {

void put_in_force(const config::Config& next, const std::vector<std::string>& keys,
                  const control::Order& why, InForce where) {
  const auto is_new = [&keys](auto... names) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const std::string& key) { return ((key == names) || ...); });
  };
  where.limiter.reconfigure(next.admission, std::chrono::steady_clock::now());
  where.server.reconfigure(within_descriptors(next));
  if (is_new("log.level")) where.log.set_level(next.log.level);
  const bool bounds = is_new("limit.min", "limit.max", "limit.pin"), pin = is_new("limit.pin"),
             mode = is_new("mode"), objective = is_new("tuner.objective", "tuner.p99_bound"),
             groups = is_new("groups");
  where.tuning.post_order([=, limit = next.limit, to = next.admission.mode, tuner = next.tuning](
                              control::Steering& steering, tuner::TimePoint now) {
    if (groups) steering.move_parts(now);
    if (mode) steering.set_mode(to, why, now);
    if (objective) steering.set_objective(tuner.objective, tuner.p99_bound, why, now);
    if (bounds) steering.set_bounds({limit.min, limit.max}, why, now);
    if (pin && limit.pin) steering.pin(*limit.pin, why, now);
    if (pin && !limit.pin) steering.unpin(why, now);
    steering.note_configuration(keys, why, now);
  });
}

}  // namespace sweetspot::service
