#pragma once

#include <iosfwd>

namespace sweetspot::ctl {

// The whole of sweetspotctl: parses the command line, calls the sidecar, prints. Returns the exit
// code (client.hpp's Exit).
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace sweetspot::ctl
