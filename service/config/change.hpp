#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/config/load.hpp"

namespace sweetspot::config {

// Whether a running sidecar can take any other value of it.
bool is_live(std::string_view key);

// From what is in force to what was loaded, without a restart.
struct Change {
  Loaded in_force;                   // after it: `next`, but for what needs a restart
  std::vector<std::string> applied;  // keys that it changes, in the order of the documentation
  std::vector<std::string> restart;  // keys of `next` that stay as they are until a restart
  std::vector<std::string> errors;   // why nothing of it can be applied, if so
};
Change change(const Loaded& in_force, const Loaded& next);

}  // namespace sweetspot::config
