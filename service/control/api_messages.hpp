#pragma once

#include <optional>

#include "service/control/status.hpp"
#include "sweetspot/v1/control.pb.h"

namespace sweetspot::control {

// Our values as the API's messages.
v1::Verdict to_message(const Decision& decision);
// The way back; nothing where a reason or a state is unknown.
std::optional<Decision> from_message(const v1::Verdict& message);
v1::Status to_message(const Status& status, int backend_threads);

}  // namespace sweetspot::control
