#include "service/config/network_keys.hpp"

#include <sstream>

#include "service/config/key_kinds.hpp"

namespace sweetspot::config {
namespace {

using namespace std::chrono_literals;
using proxy::Endpoint;
using proxy::Listen;

// ADDRESS and then words that say how clients speak there.
std::optional<Listen> listen_from(const std::string& text) {
  std::istringstream words(text);
  std::string word;
  words >> word;
  const auto endpoint = endpoint_or_socket_from(word, 0);
  if (!endpoint) return {};
  Listen listen{.endpoint = *endpoint};
  while (words >> word) {
    if (word != "tls" && word != "proxy") return {};
    (word == "tls" ? listen.tls : listen.proxy_protocol) = true;
  }
  return listen;
}

std::string listen_text(const Listen& listen) {
  return endpoint_text(listen.endpoint) + (listen.tls ? " tls" : "") +
         (listen.proxy_protocol ? " proxy" : "");
}

// One or more values, each read by `read` and written by `write`; one is shown without brackets.
template <class Field, class Read, class Write>
Key some(std::string name, std::string allowed, std::string help, Field field, Read read,
         Write write) {
  return {.name = std::move(name),
          .allowed = std::move(allowed) + "; or a list of such",
          .help = std::move(help),
          .list = true,
          .set =
              [field, read](Config& config, const Values& values) {
                auto& all = field(config);
                all.clear();
                for (const auto& value : values) {
                  const auto one = read(value);
                  if (!one) return false;
                  all.push_back(*one);
                }
                return !all.empty();
              },
          .show =
              [field, write](const Config& config) {
                std::string text;
                for (const auto& one : field(config))
                  text += (text.empty() ? "" : ", ") + write(one);
                return field(config).size() == 1 ? text : "[" + text + "]";
              }};
}

void add_tls_keys(std::vector<Key>& all) {
  all.push_back(path(
      "tls.certificate", "PEM: the certificate chain that clients see where `listen` says tls",
      [](auto& c) -> auto& { return c.proxy.tls.certificate; }));
  all.push_back(path(
      "tls.key", "PEM: its private key; none: it is in the same file",
      [](auto& c) -> auto& { return c.proxy.tls.key; }));
  all.push_back(path(
      "tls.client_ca", "PEM: clients must show a certificate that one of these has signed",
      [](auto& c) -> auto& { return c.proxy.tls.client_ca; }));
  all.push_back(boolean(
      "tls.client_optional", "a client without a certificate is served, too; a wrong one is not",
      [](auto& c) -> auto& { return c.proxy.tls.client_is_optional; }));
  all.push_back(boolean(
      "upstream_tls.enabled", "the upstream is spoken to by TLS",
      [](auto& c) -> auto& { return c.proxy.upstream_tls.enabled; }));
  all.push_back(boolean(
      "upstream_tls.verify",
      "its certificate must be trusted and of its name; false: anybody's will do",
      [](auto& c) -> auto& { return c.proxy.upstream_tls.verify; }));
  all.push_back(path(
      "upstream_tls.ca", "PEM: who is trusted; none: whom the system trusts",
      [](auto& c) -> auto& { return c.proxy.upstream_tls.ca; }));
  all.push_back(text(
      "upstream_tls.server_name", "a host's name",
      "asked for by SNI and looked for in the certificate; none: the host of "
      "`upstream`",
      [](auto& c) -> auto& { return c.proxy.upstream_tls.server_name; }));
  all.push_back(path(
      "upstream_tls.certificate", "PEM: what we show where the upstream asks",
      [](auto& c) -> auto& { return c.proxy.upstream_tls.certificate; }));
  all.push_back(path(
      "upstream_tls.key", "PEM: its private key; none: it is in the same file",
      [](auto& c) -> auto& { return c.proxy.upstream_tls.key; }));
}

void add_health_keys(std::vector<Key>& all) {
  all.push_back(scalar(
      "health.path", "none, or a path that begins with /",
      "each address of the upstream is asked for it, and out of use while it answers other than "
      "2xx "
      "or 3xx; none: only connections that fail tell",
      [](auto& c) -> auto& { return c.proxy.health.path; },
      [](std::string_view text) -> std::optional<std::string> {
        if (text == "none") return std::string();
        const bool is_path =
            text.starts_with('/') && text.find_first_of(" \r\n") == std::string_view::npos;
        return is_path ? std::optional(std::string(text)) : std::nullopt;
      },
      [](const std::string& value) { return value.empty() ? "none" : value; }));
  all.push_back(duration(
      "health.interval", 100ms, 1h, "between two such questions",
      [](auto& c) -> auto& { return c.proxy.health.interval; }));
  all.push_back(duration(
      "health.timeout", 10ms, 1min, "for the whole of an answer",
      [](auto& c) -> auto& { return c.proxy.health.timeout; }));
  all.push_back(number(
      "health.failures", 1, 100, "so many in a row take an address out of use",
      [](auto& c) -> auto& { return c.proxy.health.failures; }));
}

}  // namespace

void add_network_keys(std::vector<Key>& all) {
  all.push_back(some(
      "listen", endpoint_or_socket(0) + ", then any of tls, proxy",
      "where clients connect; tls: they speak TLS; proxy: behind a proxy that says who they are "
      "(PROXY protocol, version 1 or 2)",
      [](auto& c) -> auto& { return c.proxy.listen; }, listen_from, listen_text));
  all.push_back(some(
      "upstream", endpoint_or_socket(1),
      "the blocking backend that is protected; of several addresses, also of one name, the one "
      "with "
      "the least in flight is taken",
      [](auto& c) -> auto& { return c.proxy.upstream; },
      [](const std::string& text) { return endpoint_or_socket_from(text, 1); }, endpoint_text));
  all.push_back(duration(
      "resolve.interval", 1s, 1h, "how often the names of `upstream` are resolved anew",
      [](auto& c) -> auto& { return c.proxy.resolve_interval; }));
  add_tls_keys(all);
  add_health_keys(all);
  all.push_back(optional(
      "response.first_byte_timeout", duration_range(1ms, 24h),
      "from the whole request's sending to the answer's first byte, else 504",
      [](auto& c) -> auto& { return c.proxy.first_byte_timeout; }, reads_duration(1ms, 24h),
      writes_duration));
  all.push_back(optional(
      "response.idle_timeout", duration_range(1ms, 24h),
      "how long the upstream may pause in an answer, else it is cut",
      [](auto& c) -> auto& { return c.proxy.response_idle_timeout; }, reads_duration(1ms, 24h),
      writes_duration));
}

}  // namespace sweetspot::config
