#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sweetspot::fleet {

// How far a Deployment, StatefulSet or DaemonSet is from what it shall be. A value.
struct Workload {
  bool is_steady = false;  // as many pods as wanted, all of the newest template, all ready
  std::string figures;     // any change of the replicas changes it: `3/3/3 of 3, generation 7`
};
std::optional<Workload> parse_workload(std::string_view json);

// `deployment/api` → `/apis/apps/v1/namespaces/NAMESPACE/deployments/api`; nothing for other words.
std::optional<std::string> workload_path(std::string_view name, std::string_view name_space);

}  // namespace sweetspot::fleet
