#include "service/observe/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <sstream>
#include <utility>
#include <vector>

#include "service/platform/process.hpp"

namespace sweetspot::observe {
namespace {

using control::Outcome;
using control::Recorder;
using prometheus::ClientMetric;
using prometheus::MetricFamily;

// Upper bounds of the exported latency histograms, in seconds.
constexpr std::array bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                            0.25,   0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};

// For each fine bucket the exported one that takes it: the first whose bound holds all of it.
const std::array<std::size_t, tuner::Buckets::count>& coarse_of_fine() {
  static const auto map = [] {
    std::array<std::size_t, tuner::Buckets::count> result{};
    for (std::size_t fine = 0; fine < result.size(); ++fine) {
      const double upper = tuner::seconds(tuner::Buckets::upper(fine));
      // Half a percent of grace, for a bound seldom is an edge of the finer layout.
      const auto bound =
          std::find_if(bounds.begin(), bounds.end(), [=](double b) { return upper <= b * 1.005; });
      result[fine] = static_cast<std::size_t>(bound - bounds.begin());
    }
    return result;
  }();
  return map;
}

ClientMetric histogram_of(const control::Recorders& recorders,
                          const control::LatencyCounters& (Recorder::*latency)() const) {
  std::array<std::uint64_t, bounds.size() + 1> counts{};
  std::uint64_t sum_ns = 0;
  for (const auto& recorder : recorders) {
    const auto& counters = ((*recorder).*latency)();
    for (std::size_t fine = 0; fine < tuner::Buckets::count; ++fine)
      counts[coarse_of_fine()[fine]] += counters.at(fine);
    sum_ns += counters.sum_ns();
  }
  ClientMetric metric;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    const double bound = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({cumulative, bound});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = static_cast<double>(sum_ns) * 1e-9;
  return metric;
}

// Collects families, each with its kind and help from the table.
class Families {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  void add(std::string_view name, double value, const Labels& labels = {}) {
    ClientMetric metric;
    auto& to = family(name);
    if (to.type == prometheus::MetricType::Counter)
      metric.counter.value = value;
    else
      metric.gauge.value = value;
    for (const auto& [label, text] : labels)
      metric.label.push_back({std::string(label), std::string(text)});
    to.metric.push_back(std::move(metric));
  }
  void add(std::string_view name, std::uint64_t value, const Labels& labels = {}) {
    add(name, static_cast<double>(value), labels);
  }
  void add(std::string_view name, int value, const Labels& labels = {}) {
    add(name, static_cast<double>(value), labels);
  }
  void add(std::string_view name, ClientMetric histogram) {
    family(name).metric.push_back(std::move(histogram));
  }

  std::string text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return out.str();
  }

 private:
  MetricFamily& family(std::string_view name) {
    if (!families_.empty() && families_.back().name == name) return families_.back();
    const auto table = metric_table();
    const auto info = std::find_if(table.begin(), table.end(),
                                   [=](const MetricInfo& row) { return row.name == name; });
    MetricFamily fresh;
    fresh.name = name;
    fresh.help = info->help;
    switch (info->kind) {
      case MetricKind::counter:
        fresh.type = prometheus::MetricType::Counter;
        break;
      case MetricKind::gauge:
        fresh.type = prometheus::MetricType::Gauge;
        break;
      case MetricKind::histogram:
        fresh.type = prometheus::MetricType::Histogram;
        break;
    }
    families_.push_back(std::move(fresh));
    return families_.back();
  }

  std::vector<MetricFamily> families_;
};

template <class Read>
std::uint64_t sum(const control::Recorders& recorders, Read read) {
  std::uint64_t total = 0;
  for (const auto& recorder : recorders) total += read(*recorder);
  return total;
}

void add_admission(Families& families, const MetricSources& from, const control::Status& status,
                   tuner::TimePoint now) {
  families.add("sweetspot_limit", status.limit);
  families.add("sweetspot_held_limit", status.held_limit);
  families.add("sweetspot_in_flight", status.in_flight);
  families.add("sweetspot_queue_length", status.queued);
  families.add("sweetspot_saturation", status.saturation());
  const auto reading = from.limiter.read(now);
  families.add("sweetspot_shadow_limit", status.advised_limit.value_or(0));
  families.add("sweetspot_shadow_queued_total", reading.would_queue);
  families.add("sweetspot_shadow_shed_total", reading.would_shed);
  const auto add_each = [&](std::string_view name, std::string_view label, const auto& of,
                            auto figure) {
    for (const auto& one : of) families.add(name, one.*figure, {{label, one.name}});
  };
  using Class = control::ClassStatus;
  add_each("sweetspot_class_in_flight", "class", status.classes, &Class::in_flight);
  add_each("sweetspot_class_queue_length", "class", status.classes, &Class::queued);
  using Group = control::GroupStatus;
  add_each("sweetspot_group_limit", "group", status.groups, &Group::limit);
  add_each("sweetspot_group_in_flight", "group", status.groups, &Group::in_flight);
  add_each("sweetspot_group_queue_length", "group", status.groups, &Group::queued);
  families.add("sweetspot_permits_stalled", reading.stalled);
  families.add("sweetspot_permits_leaked_total", from.leaks.leaked());
  families.add("sweetspot_shed_during_probe_total", from.steering.shed_during_probes());
}

void add_requests(Families& families, const control::Recorders& recorders,
                  const std::vector<admission::RequestClass>& classes) {
  for (std::size_t cls = 0; cls < classes.size(); ++cls) {
    const auto id = static_cast<control::ClassId>(cls);
    for (std::size_t i = 0; i < control::outcome_count; ++i) {
      const auto outcome = static_cast<Outcome>(i);
      families.add("sweetspot_requests_total",
                   sum(recorders, [=](const Recorder& r) { return r.requests(id, outcome); }),
                   {{"class", classes[cls].name}, {"outcome", to_string(outcome)}});
    }
  }
  for (std::size_t cls = 0; cls < classes.size(); ++cls) {
    const auto id = static_cast<control::ClassId>(cls);
    for (std::size_t i = 0; i < admission::shed_reason_count; ++i) {
      const auto reason = static_cast<admission::ShedReason>(i);
      families.add("sweetspot_shed_total",
                   sum(recorders, [=](const Recorder& r) { return r.sheds(id, reason); }),
                   {{"class", classes[cls].name}, {"reason", to_string(reason)}});
    }
  }
  const auto add_time = [&](std::string_view name, auto time_of) {
    for (std::size_t cls = 0; cls < classes.size(); ++cls) {
      const auto id = static_cast<control::ClassId>(cls);
      const std::uint64_t ns = sum(recorders, [&](const Recorder& r) {
        return static_cast<std::uint64_t>((r.*time_of)(id).count());
      });
      families.add(name, static_cast<double>(ns) * 1e-9, {{"class", classes[cls].name}});
    }
  };
  add_time("sweetspot_class_queue_wait_seconds_total", &Recorder::waited);
  add_time("sweetspot_class_request_seconds_total", &Recorder::took);
  families.add("sweetspot_bypassed_total",
               sum(recorders, [](const Recorder& r) { return r.bypasses(); }));
  families.add("sweetspot_refused_total",
               sum(recorders, [](const Recorder& r) { return r.refusals(); }));
  families.add("sweetspot_backend_latency_seconds", histogram_of(recorders, &Recorder::backend));
  families.add("sweetspot_queue_wait_seconds", histogram_of(recorders, &Recorder::queue_wait));
  families.add("sweetspot_request_latency_seconds", histogram_of(recorders, &Recorder::total));
}

void add_tuner(Families& families, const control::Steering& steering,
               const control::Status& status) {
  families.add("sweetspot_throughput", status.recent.throughput);
  families.add("sweetspot_exploration_ratio", status.recent.exploration_share);
  const auto& decisions = steering.decisions().entries();
  const auto compared = std::find_if(decisions.rbegin(), decisions.rend(),
                                     [](const auto& d) { return d.verdict.lo && d.verdict.hi; });
  families.add("sweetspot_elasticity",
               compared == decisions.rend() ? 0.0 : compared->verdict.elasticity);
  for (const auto state : tuner::all_states())
    families.add("sweetspot_tuner_state", state == status.state ? 1 : 0,
                 {{"state", to_string(state)}});
  for (const auto mode : {admission::Mode::enforce, admission::Mode::shadow, admission::Mode::off})
    families.add("sweetspot_mode", mode == status.mode ? 1 : 0, {{"mode", to_string(mode)}});
  families.add("sweetspot_pinned", status.pinned ? 1 : 0);
  for (const auto reason : tuner::all_reasons())
    families.add("sweetspot_verdicts_total", steering.decisions().count(reason),
                 {{"reason", to_string(reason)}});
}

void add_fleet(Families& families, const fleet::View& view) {
  for (const auto state : fleet::all_states())
    families.add("sweetspot_fleet_state", state == view.state ? 1 : 0,
                 {{"state", fleet::to_string(state)}});
  families.add("sweetspot_fleet_turns_total", view.turns);
  families.add("sweetspot_fleet_writes_total", view.writes);
}

void add_connections(Families& families, const MetricSources& from) {
  const auto gauges = from.gauges();
  families.add("sweetspot_downstream_connections", gauges.downstream_connections);
  for (std::size_t i = 0; i < gauges.worker_connections.size(); ++i)
    families.add("sweetspot_worker_connections", gauges.worker_connections[i],
                 {{"worker", std::to_string(i)}});
  families.add("sweetspot_upstream_connections", gauges.upstream_connections);
  families.add("sweetspot_buffer_bytes", static_cast<double>(gauges.buffer_bytes));
  families.add("sweetspot_upstream_connections_idle", gauges.upstream_idle);
  families.add("sweetspot_upstream_connections_opened_total",
               sum(from.recorders, [](const Recorder& r) { return r.upstream_opens(); }));
  families.add("sweetspot_upstream_connections_reused_total",
               sum(from.recorders, [](const Recorder& r) { return r.upstream_reuses(); }));
  families.add("sweetspot_upstream_unavailable_total",
               sum(from.recorders, [](const Recorder& r) { return r.unavailables(); }));
  families.add("sweetspot_tls_handshake_failures_total", gauges.downstream_handshakes.count,
               {{"side", "downstream"}});
  families.add("sweetspot_tls_handshake_failures_total", gauges.upstream_handshakes.count,
               {{"side", "upstream"}});
  if (gauges.certificate_expires > 0)
    families.add("sweetspot_tls_certificate_expiry_seconds",
                 static_cast<double>(gauges.certificate_expires));
  for (std::size_t i = 0; i < control::upstream_error_count; ++i) {
    const auto error = static_cast<control::UpstreamError>(i);
    families.add("sweetspot_upstream_errors_total",
                 sum(from.recorders, [=](const Recorder& r) { return r.upstream_errors(error); }),
                 {{"error", to_string(error)}});
  }
}

void add_addresses(Families& families, std::vector<control::AddressStatus> all) {
  const auto is_up = [](const auto& one) { return one.problem.empty(); };
  const auto up = std::count_if(all.begin(), all.end(), is_up);
  families.add("sweetspot_upstream_addresses", static_cast<double>(up), {{"state", "up"}});
  families.add("sweetspot_upstream_addresses",
               static_cast<double>(all.size()) - static_cast<double>(up), {{"state", "down"}});
  if (all.size() > control::most_addresses_shown) all.resize(control::most_addresses_shown);
  const auto add_each = [&](std::string_view name, auto figure_of) {
    for (const auto& one : all) families.add(name, figure_of(one), {{"address", one.address}});
  };
  using Address = control::AddressStatus;
  add_each("sweetspot_upstream_up", [&](const Address& one) { return is_up(one) ? 1 : 0; });
  add_each("sweetspot_upstream_address_in_flight", std::mem_fn(&Address::in_flight));
  add_each("sweetspot_upstream_address_connections", std::mem_fn(&Address::connections));
  add_each("sweetspot_upstream_address_requests_total", std::mem_fn(&Address::requests));
  for (const auto& one : all)
    for (std::size_t i = 0; i < one.errors.size(); ++i)
      families.add(
          "sweetspot_upstream_address_errors_total", one.errors[i],
          {{"address", one.address}, {"error", to_string(static_cast<control::AddressError>(i))}});
}

void add_processes(Families& families, const MetricSources& from) {
  if (const auto backend = from.backend ? from.backend() : std::nullopt)
    families.add("sweetspot_backend_threads", backend->threads);
  const auto own = platform::status_of(::getpid());
  if (own) families.add("sweetspot_threads", own->threads);
  families.add("sweetspot_busiest_io_thread_ratio", from.steering.busiest_thread());
  families.add("sweetspot_access_log_lines_total", from.access_log.lines());
  families.add("sweetspot_access_log_dropped_total", from.access_log.dropped());
  families.add("sweetspot_build_info", 1, {{"version", SWEETSPOT_VERSION}});
  if (const auto cpu = platform::cpu_time_of(::getpid()))
    families.add("process_cpu_seconds_total", tuner::seconds(*cpu));
  if (own) families.add("process_resident_memory_bytes", own->resident_bytes);
}

void add_configuration(Families& families, const control::ConfigurationStatus& status) {
  families.add("sweetspot_config_reloads_total", status.accepted, {{"result", "accepted"}});
  families.add("sweetspot_config_reloads_total", status.refused, {{"result", "refused"}});
  families.add("sweetspot_config_last_reload_successful", status.last.accepted() ? 1 : 0);
  families.add("sweetspot_config_keys_waiting", status.waiting.size());
}

}  // namespace

Metrics::Metrics(MetricSources sources) : sources_(std::move(sources)) {}

std::string Metrics::render(tuner::TimePoint now) const {
  const auto status = sources_.steering.status(now);
  Families families;
  add_admission(families, sources_, status, now);
  add_requests(families, sources_.recorders, sources_.limiter.settings()->classes);
  add_tuner(families, sources_.steering, status);
  add_fleet(families, sources_.fleet ? sources_.fleet() : fleet::View{});
  add_connections(families, sources_);
  add_addresses(families, sources_.addresses());
  add_configuration(families, sources_.configuration());
  add_processes(families, sources_);
  return families.text();
}

}  // namespace sweetspot::observe
