#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/config/entry.hpp"
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
  std::vector<config::Entry> keys;  // of the sidecar's configuration

  std::vector<std::string> faults;  // a sentence for each annotation that is wrong
};

inline constexpr const char* annotation_prefix = "sweetspot/";

// The annotations that are read, in the order of service/injector/README.md.
const std::vector<std::string>& annotation_names();

// Each value is judged as the sidecar itself will judge it.
Wishes read_wishes(const Json& annotations);

// What is wrong with all flags of a sidecar together, or nothing: what the pod says must go with
// what the chart says, or the sidecar would refuse to start.
std::string fault_of(const Json& sidecar, const Wishes& wishes);

}  // namespace sweetspot::injector
