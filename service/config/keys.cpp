#include "service/config/keys.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <limits>

#include "service/config/admission_keys.hpp"
#include "service/config/fleet_keys.hpp"
#include "service/config/key_kinds.hpp"
#include "service/config/network_keys.hpp"

namespace sweetspot::config {
namespace {

using namespace std::chrono_literals;

std::optional<Initial> initial_from(std::string_view text) {
  if (text == "auto") return Initial{Initial::Kind::automatic};
  if (text == "cpu") return Initial{Initial::Kind::cpu};
  if (text == "io") return Initial{Initial::Kind::io};
  const auto value = reads_number(1, 100000)(text);
  if (!value) return {};
  return Initial{Initial::Kind::number, *value};
}

std::string initial_text(const Initial& initial) {
  switch (initial.kind) {
    case Initial::Kind::automatic:
      return "auto";
    case Initial::Kind::cpu:
      return "cpu";
    case Initial::Kind::io:
      return "io";
    case Initial::Kind::number:
      break;
  }
  return std::to_string(initial.number);
}

// Text of any kind, where none is written for nothing.
template <class Field>
Key text(std::string name, std::string what, std::string help, Field field) {
  return scalar(
      std::move(name), "none, or " + std::move(what), std::move(help), field,
      [](std::string_view given) -> std::optional<std::string> {
        const bool is_line = !given.empty() && given.find('\n') == std::string_view::npos;
        if (!is_line) return {};
        return given == "none" ? std::string() : std::string(given);
      },
      [](const std::string& value) { return value.empty() ? "none" : value; });
}

template <class Field>
Key path(std::string name, std::string help, Field field) {
  return text(std::move(name), "the path of a file", std::move(help), field);
}

Key bypass_paths() {
  return list(
      "bypass.paths", "a list of paths, each beginning with /",
      "requests for exactly these paths (a query is ignored) hold no permit: health "
      "checks of the upstream",
      [](auto& c) -> auto& { return c.proxy.bypass_paths; },
      [](const std::string& value) { return value.starts_with('/'); });
}

// An address, or a Unix socket, which is a host without a port.
Key control_address() {
  Key key = endpoint(
      "control", 0, "the gRPC control API; see Access", [](auto& c) -> auto& { return c.control; });
  key.allowed += ", or unix:/PATH";
  key.set = [tcp = std::move(key.set)](Config& config, const Values& values) {
    if (values.size() != 1 || !values.front().starts_with("unix:/")) return tcp(config, values);
    config.control = {values.front(), 0};
    return true;
  };
  key.show = [tcp = std::move(key.show)](const Config& config) {
    return config.control.host.starts_with("unix:") ? config.control.host : tcp(config);
  };
  return key;
}

Key backend_process() {
  return scalar(
      "backend.process", "none, or a name of at most 15 bytes",
      "the same where backend.pid is not known: the process of that name, as in /proc/PID/comm",
      [](auto& c) -> auto& { return c.backend_process; },
      [](std::string_view text) -> std::optional<std::string> {
        if (text.empty() || text.size() > 15) return {};
        return text == "none" ? std::string() : std::string(text);
      },
      [](const std::string& value) { return value.empty() ? "none" : value; });
}

void add_access_keys(std::vector<Key>& all) {
  all.push_back(scalar(
      "access_log.file", "none, stderr, or the path of a file",
      "where a line goes for each finished request; a file is appended to",
      [](auto& c) -> auto& { return c.proxy.access.file; },
      [](std::string_view text) -> std::optional<std::string> {
        if (text.empty()) return {};
        return text == "none" ? std::string() : std::string(text);
      },
      [](const std::string& value) { return value.empty() ? "none" : value; }));
  all.push_back(choice(
      "access_log.format", std::array{proxy::AccessFormat::json, proxy::AccessFormat::combined},
      "json: an object a line; combined: as web servers write it, and the wait, "
      "the backend's time and the total in ms",
      [](auto& c) -> auto& { return c.proxy.access.format; }));
  all.push_back(scalar(
      "access_log.sample", "a number from 0 to 1",
      "the share of all requests that is logged, evenly spaced",
      [](auto& c) -> auto& { return c.proxy.access.sample; },
      [](std::string_view text) {
        const auto value = number_from<double>(text);
        return value && *value >= 0 && *value <= 1 ? value : std::nullopt;
      },
      text_of));
  all.push_back(optional(
      "access_log.slow", duration_range(1ms, 1h),
      "a request that took this long in all is logged whatever the sample",
      [](auto& c) -> auto& { return c.proxy.access.slow; }, reads_duration(1ms, 1h),
      writes_duration));
  all.push_back(boolean(
      "response.server_timing",
      "each forwarded response tells the client its wait in the queue and the "
      "backend's time to its head, in Server-Timing",
      [](auto& c) -> auto& { return c.proxy.server_timing; }));
}

std::optional<OperatorToken> token_from(std::string_view path) {
  if (path == "none") return OperatorToken{};
  OperatorToken token{.file = std::string(path), .secret = {}};
  std::ifstream(token.file) >> token.secret;
  const bool is_long_enough = token.secret.size() >= 16;
  return is_long_enough ? std::optional(token) : std::nullopt;
}

Key operator_token_file() {
  return scalar(
      "operator.token_file",
      "none, or the path of a file whose first word has 16 characters or more",
      "the token with which the page on the admin port may steer the tuner and set the log "
      "level; none: it is read-only",
      [](auto& c) -> auto& { return c.operator_token; }, token_from,
      [](const OperatorToken& token) {
        return token.file.empty() ? std::string("none") : token.file;
      });
}

Key e_star() {
  return optional(
      "tuner.e_star", "a number from 0.01 to 0.99",
      "how much more throughput, per growth of what is in flight, justifies a larger limit; "
      "none: the objective's own (balanced 0.40, throughput 0.15)",
      [](auto& c) -> auto& { return c.tuning.e_star; },
      [](std::string_view text) {
        const auto value = number_from<double>(text);
        return value && *value >= 0.01 && *value <= 0.99 ? value : std::nullopt;
      },
      text_of);
}

Key limit_pin() {
  return optional(
      "limit.pin", number_range(1, 100000),
      "hold this limit and tune nothing until an operator asks for a retune",
      [](auto& c) -> auto& { return c.limit.pin; }, reads_number(1, 100000), writes_number);
}

Key initial() {
  return scalar(
      "limit.initial", "auto, cpu, io, or a number from 1 to 100000",
      "the start size. auto: the power of two nearest the CPUs, at least 8; cpu: the "
      "CPUs; io: four times the CPUs",
      [](auto& c) -> auto& { return c.limit.initial; }, initial_from, initial_text);
}

void add_service_keys(std::vector<Key>& all) {
  add_network_keys(all);
  all.push_back(endpoint(
      "admin", 0, "HTTP: the page, /metrics, /healthz, /readyz",
      [](auto& c) -> auto& { return c.admin; }));
  all.push_back(control_address());
  all.push_back(number(
      "workers", 1, 256, "I/O threads; one is enough for most sidecars",
      [](auto& c) -> auto& { return c.proxy.workers; }));
  all.push_back(choice(
      "mode", std::array{admission::Mode::enforce, admission::Mode::shadow, admission::Mode::off},
      "enforce: hold and shed; shadow: hold and shed nothing, count what would "
      "have been; off: a plain proxy",
      [](auto& c) -> auto& { return c.admission.mode; }));
}

void add_limit_keys(std::vector<Key>& all) {
  all.push_back(initial());
  all.push_back(number(
      "limit.min", 1, 100000, "the limit never goes below",
      [](auto& c) -> auto& { return c.limit.min; }));
  all.push_back(number(
      "limit.max", 1, 100000, "the limit never goes above",
      [](auto& c) -> auto& { return c.limit.max; }));
  all.push_back(limit_pin());
}

void add_introduction_keys(std::vector<Key>& all) {
  using proxy::ClientFields;
  all.push_back(scalar(
      "forward.via", "none, or a name of letters, digits, dots, dashes and underscores",
      "our name in a Via field of each message that goes on; none: no Via, for there are servers "
      "that compress nothing once they see one",
      [](auto& c) -> auto& { return c.proxy.introduction.via; },
      [](std::string_view name) -> std::optional<std::string> {
        constexpr auto fits = [](unsigned char c) {
          return std::isalnum(c) || c == '.' || c == '_' || c == '-';
        };
        if (name.empty() || !std::all_of(name.begin(), name.end(), fits)) return {};
        return name == "none" ? std::string() : std::string(name);
      },
      [](const std::string& name) { return name.empty() ? "none" : name; }));
  all.push_back(choice(
      "forward.client",
      std::array{ClientFields::none, ClientFields::x_forwarded, ClientFields::forwarded,
                 ClientFields::both},
      "how the upstream is told who the client is: by X-Forwarded-For, -Proto and "
      "-Host, by Forwarded (RFC 7239), by both; none: what the client says of "
      "itself goes on as it is",
      [](auto& c) -> auto& { return c.proxy.introduction.client; }));
  all.push_back(list(
      "forward.trusted", "a list of networks, as 10.0.0.0/8 or fd00::/8",
      "hops before us whose word on the client is continued; what others say is "
      "replaced",
      [](auto& c) -> auto& { return c.proxy.introduction.trusted; },
      [](const std::string& network) { return proxy::Network::parse(network).has_value(); }));
}

void add_proxy_keys(std::vector<Key>& all) {
  all.push_back(duration(
      "request.timeout", 1ms, 24h, "from the permit's grant to the upstream's last byte, else 504",
      [](auto& c) -> auto& { return c.proxy.request_timeout; }));
  all.push_back(duration(
      "connect.timeout", 1ms, 10min, "to connect to the upstream, else 504",
      [](auto& c) -> auto& { return c.proxy.connect_timeout; }));
  all.push_back(duration(
      "pool.idle_timeout", 1ms, 1h,
      "how long an upstream connection is kept unused; keep it below the "
      "upstream's own",
      [](auto& c) -> auto& { return c.proxy.upstream_idle_timeout; }));
  all.push_back(duration(
      "pool.lifetime", 1ms, 8760h,
      "how long an upstream connection is used again, so that its like get "
      "a share of new servers",
      [](auto& c) -> auto& { return c.proxy.upstream_lifetime; }));
  all.push_back(duration(
      "downstream.header_timeout", 1ms, 10min,
      "from the first to the last byte of a request's head, else 408",
      [](auto& c) -> auto& { return c.proxy.header_timeout; }));
  all.push_back(duration(
      "downstream.idle_timeout", 1ms, 24h,
      "how long a client's connection is kept between two requests",
      [](auto& c) -> auto& { return c.proxy.idle_timeout; }));
  all.push_back(duration(
      "downstream.stall_timeout", 1ms, 1h,
      "how long in all a permit may wait on a client that is slower than "
      "downstream.least_rate",
      [](auto& c) -> auto& { return c.proxy.stall_timeout; }));
  all.push_back(duration(
      "downstream.contended_stall_timeout", 1ms, 1h, "the same while others wait for a permit",
      [](auto& c) -> auto& { return c.proxy.contended_stall_timeout; }));
  all.push_back(size(
      "downstream.least_rate", 1, 1024 * 1024 * 1024,
      "a second: a client that takes or sends as much, once the buffers are full, is "
      "waited for",
      [](auto& c) -> auto& { return c.proxy.least_rate; }));
  all.push_back(count(
      "downstream.max_connections", 1, 1000000,
      "clients' connections at a time; fewer where the limit of open files leaves less beside "
      "limit.max",
      [](auto& c) -> auto& { return c.proxy.max_connections; }));
  all.push_back(size(
      "head.max_size", 1024, 1024 * 1024, "of a request's or response's head",
      [](auto& c) -> auto& { return c.proxy.max_head; }));
  all.push_back(count(
      "head.max_fields", 8, 10000, "fields of a head",
      [](auto& c) -> auto& { return c.proxy.max_fields; }));
  all.push_back(size(
      "buffer.request", 0, 64 * 1024 * 1024,
      "a request's body up to this is read before a permit is taken",
      [](auto& c) -> auto& { return c.proxy.request_buffer; }));
  all.push_back(size(
      "buffer.response", 4096, 64 * 1024 * 1024,
      "read ahead of a slow client, so that it holds no backend thread",
      [](auto& c) -> auto& { return c.proxy.response_buffer; }));
  all.push_back(size(
      "buffer.total", 1024 * 1024, std::size_t{64} << 30,
      "of all buffers in use together; beyond it nothing is read ahead, and a "
      "client with a new request is answered 503",
      [](auto& c) -> auto& { return c.proxy.buffer_total; }));
  all.push_back(bypass_paths());
  add_introduction_keys(all);
}

void add_tuner_keys(std::vector<Key>& all) {
  using tuner::Objective;
  all.push_back(choice(
      "tuner.objective", std::array{Objective::balanced, Objective::throughput, Objective::latency},
      "balanced: the knee; throughput: the last size that still gains; latency: "
      "the largest limit whose p99 meets tuner.p99_bound",
      [](auto& c) -> auto& { return c.tuning.objective; }));
  all.push_back(optional(
      "tuner.p99_bound", duration_range(1ms, 10min),
      "the backend's p99 that objective latency must meet; required there and "
      "allowed only there",
      [](auto& c) -> auto& { return c.tuning.p99_bound; }, reads_duration(1ms, 10min),
      writes_duration));
  all.push_back(e_star());
  all.push_back(optional(
      "tuner.late_after", duration_range(1ms, 1h),
      "an answer slower than this counts as late; none: ten times the p99 at "
      "hold",
      [](auto& c) -> auto& { return c.tuning.late_after; }, reads_duration(1ms, 1h),
      writes_duration));
  all.push_back(choice(
      "tuner.algorithm",
      std::array{control::Algorithm::sweetspot, control::Algorithm::gradient,
                 control::Algorithm::gradient2, control::Algorithm::vegas, control::Algorithm::aimd,
                 control::Algorithm::fixed},
      "sweetspot: find the limit; gradient, gradient2, vegas, aimd: the field's "
      "algorithms, to compare; fixed: hold the start size",
      [](auto& c) -> auto& { return c.tuning.algorithm; }));
}

void add_life_keys(std::vector<Key>& all) {
  all.push_back(duration(
      "drain.delay", 0s, 1h,
      "after SIGTERM, how long new connections are still served, so that load "
      "balancers notice",
      [](auto& c) -> auto& { return c.drain.delay; }));
  all.push_back(duration(
      "drain.grace", 0s, 1h, "then, how long requests under way may take",
      [](auto& c) -> auto& { return c.drain.grace; }));
  all.push_back(path(
      "state.file", "where the last good limit is kept over a restart; its folder must exist",
      [](auto& c) -> auto& { return c.memory.file; }));
  all.push_back(duration(
      "state.max_age", 1s, 8760h, "an older state is not trusted",
      [](auto& c) -> auto& { return c.memory.max_age; }));
  all.push_back(text(
      "upstream.version", "a word of your choice",
      "the upstream's release: a limit remembered for another one is not trusted",
      [](auto& c) -> auto& { return c.upstream_version; }));
  all.push_back(path(
      "decisions.file", "every verdict and order, one JSON object a line; its folder must exist",
      [](auto& c) -> auto& { return c.decisions.path; }));
  all.push_back(size(
      "decisions.max_size", 4096, 1024 * 1024 * 1024, "then the file is rotated",
      [](auto& c) -> auto& { return c.decisions.max_size; }));
  all.push_back(number(
      "decisions.keep", 0, 100, "rotated files that are kept, FILE.1 the newest",
      [](auto& c) -> auto& { return c.decisions.keep; }));
  all.push_back(path(
      "recording.file", "all that the tuner sees and says, to be replayed; its folder must exist",
      [](auto& c) -> auto& { return c.recording.path; }));
  all.push_back(size(
      "recording.max_size", 65536, 1024 * 1024 * 1024, "then the file is rotated",
      [](auto& c) -> auto& { return c.recording.max_size; }));
  all.push_back(number(
      "recording.keep", 0, 100, "rotated files that are kept, FILE.1 the newest",
      [](auto& c) -> auto& { return c.recording.keep; }));
  all.push_back(optional(
      "backend.pid", number_range(1, std::numeric_limits<int>::max()),
      "the backend's process, whose threads are then shown",
      [](auto& c) -> auto& { return c.backend_pid; },
      reads_number(1, std::numeric_limits<int>::max()), writes_number));
  all.push_back(backend_process());
  all.push_back(boolean(
      "doctor.ask_upstream",
      "the upstream is sent OPTIONS * once at the start, and whenever "
      "sweetspotctl doctor is asked",
      [](auto& c) -> auto& { return c.asks_upstream; }));
  all.push_back(choice(
      "log.level",
      std::array{observe::LogLevel::debug, observe::LogLevel::info, observe::LogLevel::warning,
                 observe::LogLevel::error},
      "the least level that is logged", [](auto& c) -> auto& { return c.log.level; }));
  all.push_back(choice(
      "log.format", std::array{observe::LogFormat::text, observe::LogFormat::json},
      "one event a line on stderr", [](auto& c) -> auto& { return c.log.format; }));
  add_access_keys(all);
  all.push_back(operator_token_file());
}

void add_caller_keys(std::vector<Key>& all) {
  all.push_back(path(
      "access.certificate", "PEM: the control API's certificate chain, for TLS",
      [](auto& c) -> auto& { return c.access.certificate; }));
  all.push_back(path(
      "access.key", "PEM: its private key", [](auto& c) -> auto& { return c.access.key; }));
  all.push_back(path(
      "access.client_ca", "PEM: callers must show a certificate that one of these has signed",
      [](auto& c) -> auto& { return c.access.client_ca; }));
  all.push_back(list(
      "access.operators", "a list of names",
      "common names of the client certificates that may give orders; others may ask",
      [](auto& c) -> auto& { return c.access.operators; },
      [](const std::string& value) { return !value.empty(); }));
  all.push_back(path(
      "access.tokens", "callers must send one of this file's bearer tokens",
      [](auto& c) -> auto& { return c.access.tokens; }));
}

std::vector<Key> make_keys() {
  std::vector<Key> all;
  add_service_keys(all);
  add_limit_keys(all);
  add_queue_keys(all);
  add_class_keys(all);
  add_refusal_keys(all);
  add_proxy_keys(all);
  add_tuner_keys(all);
  add_life_keys(all);
  add_caller_keys(all);
  add_fleet_keys(all);
  return all;
}

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> all = make_keys();
  return all;
}

const Key* find_key(std::string_view name) {
  const auto found =
      std::find_if(keys().begin(), keys().end(), [&](const Key& key) { return key.name == name; });
  return found == keys().end() ? nullptr : &*found;
}

}  // namespace sweetspot::config
