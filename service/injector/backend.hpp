#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/injector/wishes.hpp"

namespace sweetspot::injector {

// The container that is protected, and where its port is.
struct Backend {
  std::size_t container = 0;           // its place in spec.containers
  int port = 0;                        // where its clients find it now
  std::optional<std::size_t> entry{};  // in its `ports`; none: it is declared nowhere
  std::string port_name{};
  int end_seconds = 0;  // that the pod's end needs
};

struct NoBackend {
  std::string why;
  bool is_absent = false;  // nothing there could be meant
};
struct FoundBackend {
  std::optional<Backend> backend;
  NoBackend none;
};
FoundBackend find_backend(const Json& spec, const Wishes& wishes, const Template& with);

// Lets the sidecar stand where the backend stood: ports, probes, preStop. Returns why that cannot
// be, or nothing.
std::string take_place(Backend& backend, Json& spec, Json& sidecar,
                       std::vector<std::string>& warnings, const Wishes& wishes,
                       const Template& with);

// What is set for one key among its flags.
std::vector<std::string> flag_values(const Json& sidecar, const std::string& key);

// Sets one key of the sidecar's configuration among its flags, in place of what stood there.
// Without a value nothing is left of it.
void set_flag(Json& sidecar, const std::string& key, const std::vector<std::string>& values);

}  // namespace sweetspot::injector
