#include <algorithm>
#include <array>

#include "service/observe/log.hpp"

namespace sweetspot::observe {
namespace {

constexpr std::array events{
    EventInfo{Event::started, "started", LogLevel::info,
              "version, upstream, mode, algorithm, objective, limit, workers",
              "the configuration is good, before anything is bound"},
    EventInfo{Event::ready, "ready", LogLevel::info, "proxy, admin, control",
              "all three ports are bound and served"},
    EventInfo{
        Event::limit_changed, "limit_changed", LogLevel::info,
        "from, to, reason, state, sequence, sentence, action, who, comment",
        "a verdict moved the held limit; action, who and comment where an operator gave the order"},
    EventInfo{Event::limit_kept, "limit_kept", LogLevel::debug,
              "from, to, reason, state, sequence, sentence, action, who, comment",
              "a verdict left the held limit as it was; the last three as above"},
    EventInfo{Event::limit_advised, "limit_advised", LogLevel::info,
              "from, to, reason, state, sequence, sentence, action, who",
              "in mode shadow: what the tuner would hold; nothing was changed"},
    EventInfo{
        Event::tuning_paused, "tuning_paused", LogLevel::info,
        "from, to, reason, state, sequence, sentence, action, who, comment",
        "the limit stays and nothing is tried: an operator's order, a drain, another mode, or "
        "I/O threads of ours that are full; the sentence says which"},
    EventInfo{Event::tuning_resumed, "tuning_resumed", LogLevel::info,
              "from, to, reason, state, sequence, sentence, action, who, comment",
              "the tuner goes on"},
    EventInfo{Event::outage, "outage", LogLevel::warning,
              "from, to, reason, state, sequence, sentence",
              "next to nothing succeeds, whatever the limit, which stays; the sentence says how "
              "little"},
    EventInfo{Event::state_remembered, "state_remembered", LogLevel::info, "file, limit",
              "the start size comes from an earlier run"},
    EventInfo{Event::state_ignored, "state_ignored", LogLevel::warning, "file, problem",
              "a state file is there, but not to be trusted: start cold"},
    EventInfo{Event::state_write_failed, "state_write_failed", LogLevel::warning, "file, problem",
              "the last good limit could not be saved"},
    EventInfo{Event::decision_write_failed, "decision_write_failed", LogLevel::warning,
              "file, problem",
              "a line of the decision log could not be written; said once, until one can"},
    EventInfo{Event::recording_write_failed, "recording_write_failed", LogLevel::warning,
              "file, problem",
              "a part of the recording could not be written; said once, until one can"},
    EventInfo{Event::doctor_warning, "doctor_warning", LogLevel::warning, "check, finding",
              "at the start, something that `sweetspotctl doctor` would warn of"},
    EventInfo{Event::permits_leaked, "permits_leaked", LogLevel::error, "permits",
              "permits are out that no connection can hold: a bug, please report it"},
    EventInfo{Event::tuning_failed, "tuning_failed", LogLevel::error, "limit, problem",
              "a step of the control thread threw: the limit in force stays, it goes on after a "
              "second; a "
              "bug, please report it"},
    EventInfo{Event::access_log_failed, "access_log_failed", LogLevel::error, "problem",
              "the file of the access log cannot be opened; the process ends with 2"},
    EventInfo{Event::bind_failed, "bind_failed", LogLevel::error, "port, problem",
              "a port could not be bound; the process ends with 3"},
    EventInfo{Event::session_failed, "session_failed", LogLevel::error, "what",
              "one client's connection ended by an unexpected failure: a bug, please report it"},
    EventInfo{Event::config_reloaded, "config_reloaded", LogLevel::info, "source, applied, restart",
              "another configuration is in force; keys that wait for a restart are named"},
    EventInfo{Event::config_refused, "config_refused", LogLevel::error, "source, problem",
              "a configuration was not taken; the one in force stays"},
    EventInfo{Event::tls_reloaded, "tls_reloaded", LogLevel::info, "expires",
              "certificates and keys were read anew, for connections from now on; expires in Unix "
              "time, 0 without a certificate of ours"},
    EventInfo{Event::tls_refused, "tls_refused", LogLevel::error, "problem",
              "the files of TLS are wrong: at the start the process ends with 2, later those that "
              "were read before stay"},
    EventInfo{
        Event::handshakes_failed, "handshakes_failed", LogLevel::warning, "side, count, problem",
        "TLS handshakes with clients (downstream) or with the upstream failed; the problem is "
        "that of the last; at most once a second"},
    EventInfo{Event::upstream_up, "upstream_up", LogLevel::info, "address",
              "an address of the upstream answers its health checks, or takes connections, again"},
    EventInfo{
        Event::upstream_down, "upstream_down", LogLevel::warning, "address, problem",
        "an address of the upstream fails its health checks, or takes no connection or answers "
        "nothing as requests found: it is out of use; looked at once a second"},
    EventInfo{
        Event::upstream_is_self, "upstream_is_self", LogLevel::error, "address",
        "an address of the upstream is a listener of this sidecar: it is never used, for what "
        "is sent there would come back"},
    EventInfo{Event::draining, "draining", LogLevel::info, "delay, grace",
              "a signal or an operator asked for it: not ready any more, requests under way are "
              "finished"},
    EventInfo{Event::drained, "drained", LogLevel::info, "clean, in_flight",
              "the drain is over; clean is false where drain.grace ran out"},
    EventInfo{Event::stopping_at_once, "stopping_at_once", LogLevel::warning, "in_flight",
              "a second signal came while draining"},
    EventInfo{
        Event::fleet_changed, "fleet_changed", LogLevel::info, "state",
        "the API server is asked (waiting) or answers (following): replicas explore in turns"},
    EventInfo{Event::fleet_unavailable, "fleet_unavailable", LogLevel::warning, "state, why",
              "the API server does not answer or says no: nothing explores from hold meanwhile"},
    EventInfo{Event::pod_injected, "pod_injected", LogLevel::info, "namespace, name",
              "the injector put a sidecar beside it"},
    EventInfo{Event::pod_skipped, "pod_skipped", LogLevel::debug, "namespace, name, why",
              "the injector left it as it is"},
    EventInfo{Event::pod_refused, "pod_refused", LogLevel::warning, "namespace, name, why",
              "the injector was to put a sidecar beside it, and could not"},
    EventInfo{Event::certificate_ignored, "certificate_ignored", LogLevel::warning, "problem",
              "the injector's new certificate cannot be used; the old one stays"},
};

}  // namespace

std::span<const EventInfo> log_events() { return events; }

const EventInfo& info_of(Event event) {
  return *std::find_if(events.begin(), events.end(),
                       [=](const EventInfo& info) { return info.event == event; });
}

}  // namespace sweetspot::observe
