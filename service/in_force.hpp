#pragma once

#include <string>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/config/settings.hpp"
#include "service/control/orders.hpp"
#include "service/control/tuning_loop.hpp"
#include "service/observe/log.hpp"
#include "service/proxy/server.hpp"

namespace sweetspot::service {

struct InForce {
  admission::Limiter& limiter;
  proxy::Server& server;
  control::TuningLoop& tuning;
  observe::Log& log;
};

// Brings what `keys` say in `next` to those whom it concerns, and nothing else: what an operator
// has ordered meanwhile stays. On the control thread.
void put_in_force(const config::Config& next, const std::vector<std::string>& keys,
                  const control::Order& why, InForce where);

}  // namespace sweetspot::service
