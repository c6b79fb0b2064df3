#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "service/observe/log_settings.hpp"

namespace sweetspot::observe {

// All that is ever logged. Nothing is logged per request.
enum class Event {
  started,
  ready,
  limit_changed,
  limit_kept,
  limit_advised,
  tuning_paused,
  tuning_resumed,
  outage,
  state_remembered,
  state_ignored,
  state_write_failed,
  decision_write_failed,
  recording_write_failed,
  doctor_warning,
  permits_leaked,
  tuning_failed,
  access_log_failed,
  bind_failed,
  session_failed,
  config_reloaded,
  config_refused,
  tls_reloaded,
  tls_refused,
  handshakes_failed,
  upstream_up,
  upstream_down,
  upstream_is_self,
  draining,
  drained,
  stopping_at_once,
  fleet_changed,
  fleet_unavailable,
  pod_injected,
  pod_skipped,
  pod_refused,
  certificate_ignored,
};

// What service/README.md says of each event; a test holds them together.
struct EventInfo {
  Event event;
  std::string_view name;
  LogLevel level;
  std::string_view fields;  // their names, in order
  std::string_view meaning;
};
std::span<const EventInfo> log_events();
const EventInfo& info_of(Event event);

struct LogField {
  std::string_view name;
  std::variant<std::int64_t, double, bool, std::string> value;
};
using LogFields = std::vector<LogField>;

// `limit_changed from=8 to=16`, or the inside of a JSON object: `"event":"limit_changed","from":8`.
// No value can break the line or forge a field.
std::string format_event(LogFormat format, std::string_view name, const LogFields& fields);

// Events with fields on stderr, one a line. Any thread may call it.
class Log {
 public:
  explicit Log(LogSettings settings);
  ~Log();
  void operator()(Event event, const LogFields& fields) const;
  void set_level(LogLevel level);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::observe
