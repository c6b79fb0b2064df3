#pragma once

namespace sweetspot::injector {

// The mode `sweetspot injector` of the program: serves the webhook until SIGTERM or SIGINT. Returns
// the process's exit code: 0 ended, 2 configuration, 3 cannot bind.
int run(int argc, const char* const* argv);

}  // namespace sweetspot::injector
