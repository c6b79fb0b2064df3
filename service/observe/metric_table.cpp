#include <array>

#include "service/observe/metrics.hpp"

namespace sweetspot::observe {
namespace {

using enum MetricKind;

constexpr std::array table{
    MetricInfo{"sweetspot_limit", gauge, "", "Permits in force now, a probe's included"},
    MetricInfo{"sweetspot_held_limit", gauge, "", "Permits that the last verdict settled on"},
    MetricInfo{"sweetspot_in_flight", gauge, "", "Requests that hold a permit"},
    MetricInfo{"sweetspot_queue_length", gauge, "", "Requests that wait for a permit"},
    MetricInfo{"sweetspot_saturation", gauge, "",
               "(In flight + queued) / held limit: the signal to scale on; above 1, requests wait"},
    MetricInfo{"sweetspot_class_in_flight", gauge, "class",
               "Requests of a class that hold a permit"},
    MetricInfo{"sweetspot_class_queue_length", gauge, "class",
               "Requests of a class that wait for a permit"},
    MetricInfo{"sweetspot_requests_total", counter, "class, outcome",
               "Requests that held a permit, by how they ended"},
    MetricInfo{"sweetspot_shed_total", counter, "class, reason", "Requests refused by admission"},
    MetricInfo{"sweetspot_shed_during_probe_total", counter, "",
               "Requests refused while the limit in force was not the held one"},
    MetricInfo{"sweetspot_shadow_limit", gauge, "",
               "In mode shadow: the limit that the tuner would hold; 0 until it knows"},
    MetricInfo{"sweetspot_shadow_queued_total", counter, "",
               "In mode shadow: requests that would have waited"},
    MetricInfo{"sweetspot_shadow_shed_total", counter, "",
               "In mode shadow: requests that would have been refused"},
    MetricInfo{"sweetspot_bypassed_total", counter, "",
               "Requests for a path of bypass.paths, which hold no permit"},
    MetricInfo{"sweetspot_refused_total", counter, "",
               "Malformed or too large requests, answered without a permit"},
    MetricInfo{"sweetspot_backend_latency_seconds", histogram, "",
               "From the permit's grant to the upstream's last byte, successes only"},
    MetricInfo{"sweetspot_queue_wait_seconds", histogram, "",
               "From a request's head to its permit"},
    MetricInfo{"sweetspot_request_latency_seconds", histogram, "",
               "From a request's head to its end, waiting included"},
    MetricInfo{"sweetspot_throughput", gauge, "", "Successes a second over the last ten seconds"},
    MetricInfo{"sweetspot_exploration_ratio", gauge, "",
               "Share of the last ten seconds' successes served away from the held limit"},
    MetricInfo{"sweetspot_elasticity", gauge, "",
               "Growth of throughput per growth of in flight in the last comparison"},
    MetricInfo{"sweetspot_tuner_state", gauge, "state", "1 for the state that the tuner is in"},
    MetricInfo{"sweetspot_mode", gauge, "mode", "1 for the mode that is configured"},
    MetricInfo{"sweetspot_pinned", gauge, "", "1 where an operator holds the limit"},
    MetricInfo{"sweetspot_verdicts_total", counter, "reason", "Verdicts by their reason"},
    MetricInfo{"sweetspot_fleet_state", gauge, "state",
               "1 for what this replica is among its like"},
    MetricInfo{"sweetspot_fleet_turns_total", counter, "", "Turns to explore that it had"},
    MetricInfo{"sweetspot_fleet_writes_total", counter, "",
               "Writes that it sent to the Kubernetes API"},
    MetricInfo{"sweetspot_permits_leaked_total", counter, "",
               "Permits that no connection can hold any more; must be 0"},
    MetricInfo{"sweetspot_permits_stalled", gauge, "",
               "Permits that wait on their client, not on the backend"},
    MetricInfo{"sweetspot_downstream_connections", gauge, "", "Connections of clients"},
    MetricInfo{"sweetspot_buffer_bytes", gauge, "",
               "Memory of all buffers in use, of buffer.total"},
    MetricInfo{"sweetspot_upstream_connections", gauge, "",
               "Connections to the upstream, idle ones included"},
    MetricInfo{"sweetspot_upstream_connections_idle", gauge, "",
               "Connections to the upstream that wait for a request"},
    MetricInfo{"sweetspot_upstream_connections_opened_total", counter, "",
               "Connections opened to the upstream"},
    MetricInfo{"sweetspot_upstream_connections_reused_total", counter, "",
               "Requests that went out on a connection used before"},
    MetricInfo{"sweetspot_upstream_errors_total", counter, "error",
               "Connections to the upstream that failed, for requests with a permit or without"},
    MetricInfo{"sweetspot_backend_threads", gauge, "",
               "Threads of the process backend.pid or backend.process; absent where there is none"},
    MetricInfo{"sweetspot_busiest_io_thread_ratio", gauge, "",
               "How much of its time the busiest I/O thread runs or waits for a CPU; from 0.92 on "
               "the tuner pauses"},
    MetricInfo{"sweetspot_threads", gauge, "", "Threads of the sidecar: constant"},
    MetricInfo{"sweetspot_access_log_lines_total", counter, "", "Lines written to the access log"},
    MetricInfo{"sweetspot_access_log_dropped_total", counter, "",
               "Lines of the access log that were lost: its ring was full, or its file failed"},
    MetricInfo{"sweetspot_config_reloads_total", counter, "result",
               "Reloads of the configuration, accepted or refused"},
    MetricInfo{"sweetspot_config_last_reload_successful", gauge, "",
               "0 where the last reload was refused"},
    MetricInfo{"sweetspot_config_keys_waiting", gauge, "",
               "Keys of the configuration that wait for a restart"},
    MetricInfo{"sweetspot_build_info", gauge, "version", "Always 1"},
    MetricInfo{"process_cpu_seconds_total", counter, "", "CPU time of the sidecar"},
    MetricInfo{"process_resident_memory_bytes", gauge, "", "Memory of the sidecar"},
};

}  // namespace

std::span<const MetricInfo> metric_table() {
  return table;
}

}  // namespace sweetspot::observe
