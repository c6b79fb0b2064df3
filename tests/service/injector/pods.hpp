#pragma once

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "service/injector/backend.hpp"
#include "service/injector/inject.hpp"

namespace sweetspot::injector {

inline Template sidecar_template() {
  Template with;
  with.container =
      Json::parse(R"({"name":"sweetspot","image":"sweetspot:1","restartPolicy":"Always",
      "args":["--listen=0.0.0.0:8080","--upstream=127.0.0.1:8081","--queue.timeout=5s"],
      "ports":[{"name":"sweetspot-http","containerPort":8080,"protocol":"TCP"},
               {"name":"sweetspot-admin","containerPort":9901,"protocol":"TCP"}]})");
  with.volumes = Json::parse(R"([{"name":"sweetspot-state","emptyDir":{}}])");
  with.labels = {{"sweetspot-sidecar", "injected"}};
  with.backend_pre_stop = Json::parse(R"({"httpGet":{"path":"/drained","port":9901}})");
  with.end_seconds = 75;
  with.drain_delay_ms = 5000;
  with.own_namespace = "sweetspot";
  return with;
}

// A pod with one container whose port 3000 is named http.
inline Json simple_pod() {
  return Json::parse(R"({"metadata":{"name":"api-1","labels":{"app":"api"}},
      "spec":{"containers":[{"name":"api","image":"api:1","ports":[{"name":"http","containerPort":3000}]}]}})");
}

inline Json annotated(Json pod, const std::string& name, const std::string& value) {
  pod["metadata"]["annotations"]["sweetspot/" + name] = value;
  return pod;
}

inline Outcome inject_into(const Json& pod) { return inject(pod, "shop", sidecar_template()); }

inline Json sidecar_of(const Json& pod) { return pod["spec"]["initContainers"].back(); }
inline Json backend_of(const Json& pod) { return pod["spec"]["containers"][0]; }
inline std::string flag_of(const Outcome& outcome, const std::string& key) {
  const auto values = flag_values(sidecar_of(outcome.pod), key);
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : " ") + value;
  return text;
}

MATCHER(is_injected, "") {
  *result_listener << arg.why;
  return arg.kind == Outcome::Kind::injected;
}
MATCHER_P(is_skipped, words, "") {
  *result_listener << arg.why;
  return arg.kind == Outcome::Kind::skipped && arg.why.find(words) != std::string::npos;
}
MATCHER_P(is_refused, words, "") {
  *result_listener << arg.why;
  return arg.kind == Outcome::Kind::refused && arg.why.find(words) != std::string::npos;
}

}  // namespace sweetspot::injector
