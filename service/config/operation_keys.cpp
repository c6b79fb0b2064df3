#include "service/config/operation_keys.hpp"

#include <array>
#include <limits>

#include "service/config/key_kinds.hpp"
#include "service/platform/files.hpp"

namespace sweetspot::config {
namespace {

using namespace std::chrono_literals;

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
  token.secret = platform::first_word(platform::read_file(token.file));
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

}  // namespace

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
      "the backend's process: its threads, with those of all that it has forked, are then shown",
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

}  // namespace sweetspot::config
