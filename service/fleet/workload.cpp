#include "service/fleet/workload.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace sweetspot::fleet {
namespace {

using Json = nlohmann::json;

std::int64_t number(const Json& object, const char* name, std::int64_t otherwise = 0) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>()
                                                             : otherwise;
}

Json part(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : Json::object();
}

}  // namespace

std::optional<Workload> parse_workload(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object() || !object.contains("status")) return {};
  const Json metadata = part(object, "metadata"), spec = part(object, "spec"),
             status = part(object, "status");
  const bool is_daemon = object.value("kind", Json()) == "DaemonSet";
  const auto wanted =
      is_daemon ? number(status, "desiredNumberScheduled") : number(spec, "replicas", 1);
  const auto present = number(status, is_daemon ? "currentNumberScheduled" : "replicas");
  const auto updated = number(status, is_daemon ? "updatedNumberScheduled" : "updatedReplicas");
  const auto ready = number(status, is_daemon ? "numberReady" : "readyReplicas");
  const auto generation = number(metadata, "generation");
  Workload workload;
  workload.is_steady = wanted == present && wanted == updated && wanted == ready &&
                       number(status, "observedGeneration") >= generation;
  workload.figures = std::to_string(present) + "/" + std::to_string(updated) + "/" +
                     std::to_string(ready) + " of " + std::to_string(wanted) + ", generation " +
                     std::to_string(generation);
  return workload;
}

std::optional<std::string> workload_path(std::string_view name, std::string_view name_space) {
  for (const std::string_view kind : {"deployment", "statefulset", "daemonset"}) {
    if (!name.starts_with(kind) || name.size() < kind.size() + 2 || name[kind.size()] != '/')
      continue;
    return "/apis/apps/v1/namespaces/" + std::string(name_space) + "/" + std::string(kind) + "s/" +
           std::string(name.substr(kind.size() + 1));
  }
  return {};
}

}  // namespace sweetspot::fleet
