#pragma once

#include <string>
#include <vector>

#include "service/injector/template.hpp"

namespace sweetspot::injector {

// What became of a pod. `pod` is the changed one where it was injected.
struct Outcome {
  enum class Kind { injected, skipped, refused } kind = Kind::skipped;
  std::string why{};                    // of a skip or a refusal, for people
  std::vector<std::string> warnings{};  // what its author should know
  Json pod{};                           // metadata and spec
};

// Puts the sidecar into a pod, or into a workload's pod template (metadata and spec), by the table
// in service/injector/README.md. Pure. A pod that has the sidecar already is skipped, so that
// asking twice is asking once.
Outcome inject(const Json& pod, const std::string& name_space, const Template& with);

}  // namespace sweetspot::injector
