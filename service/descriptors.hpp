#pragma once

#include "service/config/settings.hpp"

namespace sweetspot::service {

// The proxy's settings with as many clients as leave the upstream and the sidecar itself enough of
// the descriptors that this process may open: clients beyond them wait in the kernel's queue, where
// those who are connected could else get no answer.
proxy::Settings within_descriptors(const config::Config& config);

}  // namespace sweetspot::service
