#include "service/config/fleet_keys.hpp"

#include <algorithm>

#include "service/config/key_kinds.hpp"
#include "service/fleet/workload.hpp"

namespace sweetspot::config {
namespace {

using namespace std::chrono_literals;

// A DNS subdomain, as Kubernetes names its objects (RFC 1123).
bool is_name(std::string_view text) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const auto is_edge = [](char c) { return c != '-' && c != '.'; };
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), is_allowed) &&
         is_edge(text.front()) && is_edge(text.back());
}

bool is_workload(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && is_name(text.substr(slash + 1)) &&
         fleet::workload_path(text, "default").has_value();
}

bool is_server(std::string_view text) {
  constexpr std::string_view scheme = "https://";
  if (!text.starts_with(scheme)) return false;
  const auto parsed = platform::parse_endpoint(text.substr(scheme.size()));
  return parsed && parsed.value->port > 0;
}

template <class Field, class Allowed>
Key word(std::string name, std::string allowed, std::string help, Field field, Allowed is_allowed) {
  return scalar(
      std::move(name), "none, or " + std::move(allowed), std::move(help), field,
      [is_allowed](std::string_view text) -> std::optional<std::string> {
        if (text == "none") return std::string();
        return is_allowed(text) ? std::optional(std::string(text)) : std::nullopt;
      },
      [](const std::string& value) { return value.empty() ? "none" : value; });
}

}  // namespace

void add_fleet_keys(std::vector<Key>& all) {
  all.push_back(word(
      "fleet.lease", "the name of a Lease",
      "replicas that share it explore in turns; see fleet/README.md",
      [](auto& c) -> auto& { return c.fleet.lease; }, is_name));
  all.push_back(word(
      "fleet.namespace", "the name of a namespace",
      "where Lease and workload are; none: the pod's own",
      [](auto& c) -> auto& { return c.fleet.name_space; }, is_name));
  all.push_back(word(
      "fleet.workload", "deployment/NAME, statefulset/NAME or daemonset/NAME",
      "while its replicas change, nothing explores; none: nobody looks",
      [](auto& c) -> auto& { return c.fleet.workload; }, is_workload));
  all.push_back(duration(
      "fleet.term", 3s, 10min,
      "of the Lease: a holder that was killed is replaced after it; a third of "
      "it lies between two writes",
      [](auto& c) -> auto& { return c.fleet.term; }));
  all.push_back(duration(
      "fleet.max_age", 1min, 8760h, "what another replica learnt longer ago is no start",
      [](auto& c) -> auto& { return c.fleet.max_age; }));
  all.push_back(word(
      "fleet.server", "https://HOST:PORT", "the API server; none: as the pod's environment says",
      [](auto& c) -> auto& { return c.fleet.server; }, is_server));
  all.push_back(scalar(
      "fleet.credentials", "the path of a folder", "with the files token, ca.crt and namespace",
      [](auto& c) -> auto& { return c.fleet.credentials; },
      [](std::string_view text) {
        return text.empty() ? std::nullopt : std::optional(std::string(text));
      },
      [](const std::string& value) { return value; }));
}

}  // namespace sweetspot::config
