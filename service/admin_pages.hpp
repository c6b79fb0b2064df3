#pragma once

#include "service/control/drain.hpp"
#include "service/observe/admin_server.hpp"
#include "service/observe/dashboard.hpp"
#include "service/observe/metrics.hpp"

namespace sweetspot::service {

// What the admin port answers to a GET: metrics, probes, how far a drain has come, the dashboard's
// files. What it is given outlives the pages.
observe::Pages admin_pages(const control::Drain& drain, const observe::Metrics& metrics,
                           const observe::Dashboard& dashboard);

}  // namespace sweetspot::service
