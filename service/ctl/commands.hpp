#pragma once

#include <iosfwd>
#include <vector>

#include "service/ctl/options.hpp"

namespace sweetspot::ctl {

// The whole of sweetspotctl: parses the command line, calls the sidecar, prints. Returns the exit
// code (client.hpp's Exit). `is_terminal`: what is printed goes to one.
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err,
        bool is_terminal = false);

// All commands with their options, what every command takes first.
std::vector<CommandInfo> describe_commands();

}  // namespace sweetspot::ctl
