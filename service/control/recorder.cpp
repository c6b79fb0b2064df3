#include "service/control/recorder.hpp"

namespace sweetspot::control {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::success:
      return "success";
    case Outcome::error_status:
      return "error_status";
    case Outcome::upstream_connect:
      return "upstream_connect";
    case Outcome::upstream_reset:
      return "upstream_reset";
    case Outcome::upstream_timeout:
      return "upstream_timeout";
    case Outcome::upstream_protocol:
      return "upstream_protocol";
    case Outcome::client_abort:
      return "client_abort";
    case Outcome::stalled:
      return "stalled";
  }
  return "unknown";
}

std::string_view to_string(UpstreamError error) {
  switch (error) {
    case UpstreamError::connect:
      return "connect";
    case UpstreamError::reset:
      return "reset";
    case UpstreamError::timeout:
      return "timeout";
    case UpstreamError::protocol:
      return "protocol";
    case UpstreamError::stale:
      return "stale";
  }
  return "unknown";
}

std::optional<UpstreamError> upstream_error_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::upstream_connect:
      return UpstreamError::connect;
    case Outcome::upstream_reset:
      return UpstreamError::reset;
    case Outcome::upstream_timeout:
      return UpstreamError::timeout;
    case Outcome::upstream_protocol:
      return UpstreamError::protocol;
    default:
      return {};
  }
}

}  // namespace sweetspot::control
