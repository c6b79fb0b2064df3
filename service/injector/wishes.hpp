#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/injector/template.hpp"

namespace sweetspot::injector {

// What a pod's annotations ask for. A value.
struct Wishes {
  std::optional<bool> inject;
  std::string container;      // empty: found by its port
  std::string upstream_port;  // a number or a name; empty: the only one there is
  std::string port_variable;  // of the environment, by which the backend is told its port
  bool keeps_pre_stop = false;
  bool probes_by_sidecar = false;
  std::vector<std::pair<std::string, std::vector<std::string>>>
      keys;  // of the sidecar's configuration

  std::vector<std::string> faults;  // a sentence for each annotation that is wrong
};

inline constexpr const char* annotation_prefix = "sweetspot/";

// The annotations that are read, in the order of service/injector/README.md.
const std::vector<std::string>& annotation_names();

// Keys are judged as the sidecar itself will judge them.
Wishes read_wishes(const Json& annotations);

}  // namespace sweetspot::injector
