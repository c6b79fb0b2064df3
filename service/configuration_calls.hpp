#pragma once

#include "service/control/configuration.hpp"
#include "service/reconfiguration.hpp"

namespace sweetspot::service {

// What the API may do with that configuration, which may be made later, and must outlive the calls.
control::ConfigurationCalls configuration_calls(Reconfiguration& reconfiguration);

}  // namespace sweetspot::service
