#include "service/injector/backend.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "service/platform/units.hpp"

namespace sweetspot::injector {
namespace {

// Proxies of meshes, which stand beside the backend as we do.
constexpr std::array proxies{"istio-proxy", "linkerd-proxy", "envoy", "kuma-sidecar",
                             "consul-dataplane"};
constexpr std::array probes{"startupProbe", "readinessProbe", "livenessProbe"};

bool is_proxy(const Json& container) {
  const std::string name = container.value("name", "");
  return std::find(proxies.begin(), proxies.end(), name) != proxies.end();
}

std::optional<int> number_of(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > 65535)
    return {};
  return number;
}

bool is_tcp(const Json& entry) { return entry.value("protocol", "TCP") == "TCP"; }

struct Candidate {
  std::size_t container;
  std::optional<std::size_t> entry;
};

FoundBackend none(std::string why, bool is_absent = false) {
  return {{}, {std::move(why), is_absent}};
}

// Whether an entry of `ports` is the one that the annotation names.
bool is_meant(const Json& entry, const std::string& wanted) {
  if (!is_tcp(entry)) return false;
  if (wanted.empty()) return true;
  const auto number = number_of(wanted);
  return number ? entry.value("containerPort", 0) == *number : entry.value("name", "") == wanted;
}

std::string names_of(const Json& containers, const std::vector<Candidate>& found) {
  std::string text;
  for (const auto& each : found) {
    const Json& container = containers[each.container];
    if (!text.empty()) text += ", ";
    text += container.value("name", "");
    text += ':' + std::to_string(container["ports"][*each.entry].value("containerPort", 0));
  }
  return text;
}

// A handler's port as it is meant: the name of a port of this container, or its number.
bool leads_to(const Json& port, const Backend& backend) {
  if (port.is_number_integer()) return port == backend.port;
  return port.is_string() && !backend.port_name.empty() && port == backend.port_name;
}

// A path that holds no permit: without its query, as bypass.paths compares it.
std::string bypass_of(const Json& get) {
  const std::string path = get.value("path", "/");
  return path.substr(0, path.find('?'));
}

struct Ports {
  int backend;  // where the backend listens from now on
  int sidecar;  // where the sidecar does, for the backend's clients
};

// Handlers keep asking the backend itself, by number, for its port's name is the sidecar's now.
// Plain HTTP probes may go by way of the sidecar, where the backend listens on loopback only.
void rewrite_handler(Json& handler, const Backend& backend, Ports ports, bool by_sidecar,
                     std::set<std::string>& bypassed) {
  for (const auto* kind : {"httpGet", "tcpSocket", "grpc"}) {
    if (!handler.contains(kind) || !leads_to(handler[kind].value("port", Json()), backend))
      continue;
    Json& action = handler[kind];
    const bool is_plain = std::string_view(kind) == "httpGet" &&
                          action.value("scheme", "HTTP") == "HTTP" && !action.contains("host");
    action["port"] = by_sidecar && is_plain ? ports.sidecar : ports.backend;
    if (by_sidecar && is_plain) bypassed.insert(bypass_of(action));
  }
}

// A pause in front of the end, as load balancers need it: the sidecar's drain.delay is one too.
std::optional<int> seconds_slept(const Json& hook) {
  if (hook.contains("sleep")) return hook["sleep"].value("seconds", 0);
  const Json command =
      hook.contains("exec") ? hook["exec"].value("command", Json::array()) : Json::array();
  std::string words;
  for (const Json& word : command) {
    if (!words.empty()) words += ' ';
    if (word.is_string()) words += word.get<std::string>();
  }
  for (const std::string shell : {"sh -c ", "/bin/sh -c ", "bash -c ", "/bin/bash -c "})
    if (words.starts_with(shell)) words.erase(0, shell.size());
  for (const std::string sleep : {"sleep ", "/bin/sleep ", "/usr/bin/sleep "})
    if (words.starts_with(sleep)) return number_of(words.substr(sleep.size()));
  return {};
}

std::string wait_for_drain(Backend& backend, Json& container, Json& sidecar, const Wishes& wishes,
                           const Template& with) {
  if (wishes.keeps_pre_stop || with.backend_pre_stop.is_null()) return {};
  Json& lifecycle = container["lifecycle"];
  if (lifecycle.is_null()) lifecycle = Json::object();
  if (lifecycle.contains("preStop")) {
    const auto slept = seconds_slept(lifecycle["preStop"]);
    if (!slept)
      return "container " + container.value("name", "") +
             " has a preStop hook, and all hooks run at once: let it wait for the sidecar (GET "
             "/drained on port " +
             std::to_string(with.admin_port) +
             " answers when it may go on) and set the annotation sweetspot/pre-stop: keep";
    const int extra_ms = *slept * 1000 - with.drain_delay_ms;
    if (extra_ms > 0) {
      set_flag(sidecar, "drain.delay", {std::to_string(*slept) + "s"});
      backend.end_seconds += (extra_ms + 999) / 1000;
    }
  }
  lifecycle["preStop"] = with.backend_pre_stop;
  return {};
}

// The sidecar's first port is the one that clients come to.
void take_ports(const Backend& backend, Json& container, Json& sidecar, Ports ports,
                std::vector<std::string>& warnings) {
  Json& served = sidecar["ports"][0];
  served["containerPort"] = ports.sidecar;
  if (backend.entry) {
    Json& entry = container["ports"][*backend.entry];
    if (!backend.port_name.empty()) served["name"] = backend.port_name;
    if (entry.contains("hostPort")) served["hostPort"] = entry["hostPort"];
    entry.erase("name");
    entry.erase("hostPort");
    entry["containerPort"] = ports.backend;
  }
  if (!backend.port_name.empty() || ports.sidecar == backend.port) return;
  warnings.push_back(
      "port " + std::to_string(backend.port) +
      " has no name, so Services still lead to the backend: let them lead to the port " +
      served.value("name", "") + " (" + std::to_string(ports.sidecar) + ")");
}

std::string taken_port(const Json& spec, const Backend& backend, const std::vector<int>& wanted) {
  for (const auto* list : {"containers", "initContainers"})
    for (const Json& container : spec.value(list, Json::array()))
      for (const Json& entry : container.value("ports", Json::array())) {
        const int port = entry.value("containerPort", 0);
        if (port != backend.port && std::find(wanted.begin(), wanted.end(), port) != wanted.end())
          return "container " + container.value("name", "") + " has port " + std::to_string(port) +
                 ", which the sidecar needs";
      }
  for (const int port : wanted)
    if (port == backend.port && port != wanted.front())
      return "the backend's port " + std::to_string(port) + " is one that the sidecar needs";
  return {};
}

}  // namespace

FoundBackend find_backend(const Json& spec, const Wishes& wishes, const Template& with) {
  const Json containers = spec.value("containers", Json::array());
  std::vector<Candidate> found, named;
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const Json& container = containers[i];
    const bool is_named = container.value("name", "") == wishes.container;
    if (wishes.container.empty() ? is_proxy(container) : !is_named) continue;
    named.push_back({i, {}});
    const Json ports = container.value("ports", Json::array());
    for (std::size_t j = 0; j < ports.size(); ++j)
      if (is_meant(ports[j], wishes.upstream_port)) found.push_back({i, j});
  }
  if (!wishes.container.empty() && named.empty())
    return none("annotation sweetspot/container: the pod has no container " + wishes.container);
  if (found.size() > 1)
    return none("several ports could be meant (" + names_of(containers, found) +
                "): say which by the annotation sweetspot/upstream-port");
  Backend backend{.end_seconds = with.end_seconds};
  if (found.size() == 1) {
    const Json& entry = containers[found[0].container]["ports"][*found[0].entry];
    backend.container = found[0].container;
    backend.entry = found[0].entry;
    backend.port = entry.value("containerPort", 0);
    backend.port_name = entry.value("name", "");
    return {backend, {}};
  }
  // A port need not be declared; then its number must be said, and whose it is must be plain.
  const auto number = number_of(wishes.upstream_port);
  if (wishes.upstream_port.empty()) return none("none of its containers declares a TCP port", true);
  if (!number)
    return none("annotation sweetspot/upstream-port: no container has a TCP port " +
                wishes.upstream_port);
  if (named.size() != 1)
    return none("no container declares port " + wishes.upstream_port +
                ": say whose it is by the annotation sweetspot/container");
  backend.container = named[0].container;
  backend.port = *number;
  return {backend, {}};
}

std::string take_place(Backend& backend, Json& spec, Json& sidecar,
                       std::vector<std::string>& warnings, const Wishes& wishes,
                       const Template& with) {
  Json& container = spec["containers"][backend.container];
  const bool moves = !wishes.port_variable.empty();
  const Ports ports = moves ? Ports{.backend = with.backend_port, .sidecar = backend.port}
                            : Ports{.backend = backend.port, .sidecar = with.proxy_port};
  std::vector<int> wanted{ports.sidecar, with.admin_port, with.control_port};
  if (moves) wanted.push_back(ports.backend);
  if (!moves && backend.port == ports.sidecar)
    return "the backend's port " + std::to_string(backend.port) +
           " is the sidecar's own: set another proxy port in "
           "the chart, or let the backend move by the annotation sweetspot/port-env";
  if (auto why = taken_port(spec, backend, wanted); !why.empty()) return why;

  std::set<std::string> bypassed;
  for (const auto* probe : probes)
    if (container.contains(probe))
      rewrite_handler(container[probe], backend, ports, wishes.probes_by_sidecar, bypassed);
  if (container.contains("lifecycle"))
    for (auto& [name, hook] : container["lifecycle"].items())
      if (hook.is_object()) rewrite_handler(hook, backend, ports, false, bypassed);
  if (auto why = wait_for_drain(backend, container, sidecar, wishes, with); !why.empty())
    return why;

  if (moves) {
    Json& environment = container["env"];
    if (environment.is_null()) environment = Json::array();
    const auto same = [&](const Json& variable) {
      return variable.value("name", "") == wishes.port_variable;
    };
    environment.erase(std::remove_if(environment.begin(), environment.end(), same),
                      environment.end());
    environment.push_back(
        {{"name", wishes.port_variable}, {"value", std::to_string(ports.backend)}});
  }
  set_flag(sidecar, "listen", {with.bind_address + ":" + std::to_string(ports.sidecar)});
  set_flag(sidecar, "upstream", {"127.0.0.1:" + std::to_string(ports.backend)});
  for (auto& path : flag_values(sidecar, "bypass.paths")) bypassed.insert(std::move(path));
  if (!bypassed.empty()) set_flag(sidecar, "bypass.paths", {bypassed.begin(), bypassed.end()});
  take_ports(backend, container, sidecar, ports, warnings);
  return {};
}

std::vector<std::string> flag_values(const Json& sidecar, const std::string& key) {
  const std::string flag = "--" + key;
  std::vector<std::string> values;
  bool takes = false;
  for (const Json& word : sidecar.value("args", Json::array())) {
    const std::string text = word.get<std::string>();
    if (text.starts_with(flag + "=")) values.push_back(text.substr(flag.size() + 1));
    if (takes && !text.starts_with("--")) values.push_back(text);
    if (text.starts_with("--")) takes = text == flag;
  }
  return values;
}

void set_flag(Json& sidecar, const std::string& key, const std::vector<std::string>& values) {
  const std::string flag = "--" + key;
  Json args = Json::array();
  bool drops = false;
  for (const Json& word : sidecar.value("args", Json::array())) {
    const std::string text = word.get<std::string>();
    if (text.starts_with("--")) drops = text == flag || text.starts_with(flag + "=");
    if (!drops) args.push_back(word);
  }
  if (values.size() == 1) {
    args.push_back(flag + "=" + values.front());
  } else if (!values.empty()) {
    args.push_back(flag);
    for (const auto& value : values) args.push_back(value);
  }
  sidecar["args"] = std::move(args);
}

}  // namespace sweetspot::injector
