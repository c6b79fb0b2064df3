#include "service/config/proxy_keys.hpp"

#include <algorithm>
#include <cctype>

#include "service/config/key_kinds.hpp"

namespace sweetspot::config {
namespace {

using namespace std::chrono_literals;

Key bypass_paths() {
  return list(
      "bypass.paths", "a list of paths, each beginning with /",
      "requests for exactly these paths (a query is ignored) hold no permit: health "
      "checks of the upstream",
      [](auto& c) -> auto& { return c.proxy.bypass_paths; },
      [](const std::string& value) { return value.starts_with('/'); });
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

}  // namespace

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

}  // namespace sweetspot::config
