#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sweetspot::injector {

using Json = nlohmann::json;

// What is put beside a pod: the chart renders it out of the same templates as its own pods, so that
// there is one truth of what a sidecar looks like. A value.
struct Template {
  Json container;  // as it stands in a pod, its whole configuration as flags
  Json volumes = Json::array();
  Json labels = Json::object();
  Json backend_pre_stop;   // null: the backend's end is its own affair
  int end_seconds = 30;    // that a pod's end needs at least
  int drain_delay_ms = 0;  // of the sidecar's configuration
  bool is_native = true;   // an init container that restarts
  int proxy_port = 8080, admin_port = 9901, control_port = 9902;
  int backend_port = 8081;  // where a backend is moved to that lets itself be moved
  std::string bind_address = "0.0.0.0";
  std::string own_namespace;  // never injected into
  bool denies = false;        // a refusal keeps the pod out, rather than lets it in as it is
};

struct ReadTemplate {
  std::optional<Template> value;
  std::string problem;  // where there is none
};
ReadTemplate parse_template(std::string_view json);

}  // namespace sweetspot::injector
