#include "service/control/recorder.hpp"

namespace sweetspot::control {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::success: return "success";
    case Outcome::error_status: return "error_status";
    case Outcome::upstream_connect: return "upstream_connect";
    case Outcome::upstream_reset: return "upstream_reset";
    case Outcome::upstream_timeout: return "upstream_timeout";
    case Outcome::upstream_protocol: return "upstream_protocol";
    case Outcome::client_abort: return "client_abort";
    case Outcome::stalled: return "stalled";
  }
  return "unknown";
}

}  // namespace sweetspot::control
