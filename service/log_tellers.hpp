#pragma once

#include <string>
#include <vector>

#include "service/control/address_status.hpp"
#include "service/control/decision_log.hpp"
#include "service/control/reconfiguration.hpp"
#include "service/observe/log.hpp"
#include "service/platform/diagnosis.hpp"

namespace sweetspot::service {

std::string joined(const std::vector<std::string>& words, const char* between);

// A verdict or an order.
void tell(const observe::Log& log, const control::Decision& decision);

// How a reload went.
void tell(const observe::Log& log, const control::ConfigurationStatus& status);

// What a diagnosis found amiss.
void tell(const observe::Log& log, const std::vector<platform::Finding>& findings);

// That an address of the upstream is down, or up again.
void tell(const observe::Log& log, const control::AddressStatus& address);

}  // namespace sweetspot::service
