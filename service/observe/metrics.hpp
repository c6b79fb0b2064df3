#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/admission/limiter.hpp"
#include "service/control/address_status.hpp"
#include "service/control/leak_watch.hpp"
#include "service/control/measurement.hpp"
#include "service/control/reconfiguration.hpp"
#include "service/control/steering.hpp"
#include "service/fleet/view.hpp"
#include "service/observe/access_log.hpp"
#include "service/platform/family.hpp"
#include "service/proxy/server.hpp"

namespace sweetspot::observe {

enum class MetricKind { counter, gauge, histogram };

// What service/README.md says of each metric; a test holds them together.
struct MetricInfo {
  std::string_view name;
  MetricKind kind;
  std::string_view labels;  // their names, empty for none
  std::string_view help;
};
std::span<const MetricInfo> metric_table();

// Where the figures come from. All outlive the metrics.
struct MetricSources {
  const control::Recorders& recorders;
  const admission::Limiter& limiter;
  const control::Steering& steering;
  const control::LeakWatch& leaks;
  const AccessLog& access_log;
  std::function<const control::ConfigurationStatus&()> configuration;
  std::function<proxy::Server::Gauges()> gauges;
  std::function<std::vector<control::AddressStatus>()> addresses;  // of the upstream
  platform::ReadProcess backend;
  std::function<fleet::View()> fleet{};  // empty: this replica stands alone
};

// Reads all counters at the moment of a scrape; between scrapes it costs nothing. No label value
// comes from a client, and of the upstream's addresses a bounded number is shown. On the control
// thread.
class Metrics {
 public:
  explicit Metrics(MetricSources sources);
  std::string render(tuner::TimePoint now) const;  // Prometheus' text format

 private:
  MetricSources sources_;
};

}  // namespace sweetspot::observe
