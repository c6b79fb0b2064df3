#include "service/platform/streams.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace sweetspot::platform {

void hold_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    // The lowest free number is this one. It cannot be used for what it is there for.
    const int held = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (held != stream) return;  // there is no such device here
  }
}

}  // namespace sweetspot::platform
