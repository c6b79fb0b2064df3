#include "service/injector/inject.hpp"

#include <algorithm>
#include <array>

#include "service/injector/backend.hpp"
#include "service/injector/wishes.hpp"

namespace sweetspot::injector {
namespace {

constexpr std::array untouched{"kube-system", "kube-public", "kube-node-lease"};
constexpr int default_grace = 30;  // Kubernetes' own, in seconds

Outcome skipped(std::string why) { return {.kind = Outcome::Kind::skipped, .why = std::move(why)}; }
Outcome refused(std::string why) { return {.kind = Outcome::Kind::refused, .why = std::move(why)}; }

// Where it stands: what a pod carries along may be large.
const Json& part_of(const Json& whole, const char* name) {
  static const Json nothing = Json::object();
  const auto found = whole.find(name);
  return found == whole.end() || found->is_null() ? nothing : *found;
}

bool has_sidecar(const Json& spec) {
  for (const auto* list : {"containers", "initContainers"})
    for (const Json& container : part_of(spec, list))
      if (container.value("name", Json()) == "sweetspot") return true;
  return false;
}

// Why nothing is to be done with it, or nothing where something is.
std::string reason_to_skip(const Json& annotations, const Json& spec, const std::string& name_space,
                           const Template& with, const Wishes& wishes) {
  if (std::find(untouched.begin(), untouched.end(), name_space) != untouched.end())
    return "the namespace " + name_space + " is Kubernetes' own";
  if (!with.own_namespace.empty() && name_space == with.own_namespace)
    return "the namespace " + name_space + " is the injector's own";
  if (annotations.contains("kubernetes.io/config.mirror")) return "it mirrors a static pod";
  if (has_sidecar(spec)) return "it has the sidecar already";
  if (wishes.inject == false && wishes.faults.empty()) return "its annotation says so";
  return {};
}

std::string reason_to_refuse(const Json& spec, const Template& with) {
  const Json os = spec.value("os", Json::object());
  const Json selector = spec.value("nodeSelector", Json::object());
  if (spec.value("hostNetwork", false))
    return "hostNetwork: the sidecar's ports would be the node's";
  if (os.value("name", "") == "windows" || selector.value("kubernetes.io/os", "") == "windows")
    return "it runs on Windows, and the sidecar on Linux only";
  if (!with.is_native && spec.value("restartPolicy", "Always") != "Always")
    return "it shall end by itself, which a sidecar that is no native one would prevent";
  return {};
}

// A mesh must leave the admin port alone: the kubelet's hooks come without its encryption.
void spare_admin_port(Json& annotations, int port) {
  for (const auto* name :
       {"traffic.sidecar.istio.io/excludeInboundPorts", "config.linkerd.io/skip-inbound-ports"}) {
    const std::string number = std::to_string(port);
    const std::string given = annotations.value(name, "");
    if (("," + given + ",").find("," + number + ",") != std::string::npos) continue;
    annotations[name] = given.empty() ? number : given + "," + number;
  }
}

void put_sidecar(Json& spec, Json container, const Template& with) {
  Json& list = spec[with.is_native ? "initContainers" : "containers"];
  if (list.is_null()) list = Json::array();
  list.push_back(std::move(container));
  if (with.volumes.empty()) return;
  Json& volumes = spec["volumes"];
  if (volumes.is_null()) volumes = Json::array();
  for (const Json& volume : with.volumes) volumes.push_back(volume);
}

// Turns need a token of the API, which the kubelet brings unless the pod says no. A sidecar that
// waits for it in vain would explore nothing, so it explores by itself. The pod says so, too: who
// makes it through a workload never sees a warning.
void settle_fleet(Json& pod, Json& sidecar, std::vector<std::string>& warnings) {
  const auto lease = flag_values(sidecar, "fleet.lease");
  const bool is_asked_for = !lease.empty() && lease.front() != "none";
  const bool has_own = !flag_values(sidecar, "fleet.credentials").empty();
  if (!is_asked_for || has_own || pod["spec"].value("automountServiceAccountToken", true)) return;
  set_flag(sidecar, "fleet.lease", {"none"});
  const std::string why =
      "fleet.lease needs the token that automountServiceAccountToken: false keeps away: this "
      "replica explores by itself";
  pod["metadata"]["annotations"][std::string(annotation_prefix) + "fleet-off"] = why;
  warnings.push_back(why);
}

}  // namespace

Outcome inject(const Json& pod, const std::string& name_space, const Template& with) {
  const Json& annotations = part_of(part_of(pod, "metadata"), "annotations");
  const Wishes wishes = read_wishes(annotations);
  if (auto why = reason_to_skip(annotations, pod["spec"], name_space, with, wishes); !why.empty())
    return skipped(std::move(why));
  if (!wishes.faults.empty()) return refused(wishes.faults.front());
  if (auto why = reason_to_refuse(pod["spec"], with); !why.empty()) return refused(std::move(why));

  Outcome outcome{.kind = Outcome::Kind::injected, .why = {}, .warnings = {}, .pod = pod};
  Json& spec = outcome.pod["spec"];
  Json sidecar = with.container;
  for (const auto& wish : wishes.keys) set_flag(sidecar, wish.key, wish.values);
  if (auto why = fault_of(sidecar, wishes); !why.empty()) return refused(std::move(why));
  auto [backend, none] = find_backend(spec, wishes, with);
  if (!backend)
    return wishes.inject == true || !none.is_absent ? refused(none.why) : skipped(none.why);
  if (auto why = take_place(*backend, spec, sidecar, outcome.warnings, wishes, with); !why.empty())
    return refused(std::move(why));
  if (auto why = fault_of(sidecar, wishes); !why.empty()) return refused(std::move(why));

  settle_fleet(outcome.pod, sidecar, outcome.warnings);
  spec["terminationGracePeriodSeconds"] =
      std::max(spec.value("terminationGracePeriodSeconds", default_grace), backend->end_seconds);
  put_sidecar(spec, std::move(sidecar), with);
  Json& marks = outcome.pod["metadata"];
  for (const auto& [name, value] : with.labels.items()) marks["labels"][name] = value;
  marks["annotations"]["sweetspot/injected"] = "true";
  spare_admin_port(marks["annotations"], with.admin_port);
  return outcome;
}

}  // namespace sweetspot::injector
