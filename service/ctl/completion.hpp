#pragma once

#include <string>
#include <vector>

#include "service/ctl/options.hpp"

namespace sweetspot::ctl {

// A script for bash that completes these commands, their options, and the values of those that
// allow only some: `source <(sweetspotctl completion bash)`.
std::string bash_completion(const std::vector<CommandInfo>& commands);

}  // namespace sweetspot::ctl
