#pragma once

#include <optional>

#include "service/control/configuration.hpp"
#include "service/control/load_curve.hpp"
#include "service/control/status.hpp"
#include "service/platform/diagnosis.hpp"
#include "sweetspot/v1/control.pb.h"

namespace sweetspot::control {

// Our values as the API's messages.
v1::Verdict to_message(const Decision& decision);
// The way back; nothing where a reason or a state is unknown.
std::optional<Decision> from_message(const v1::Verdict& message);
v1::Status to_message(const Status& status, int backend_threads);
v1::Curve to_message(const LearntCurve& curve);
v1::Config to_message(const std::vector<ConfigurationKey>& keys);
v1::ConfigReview to_message(const Reconfigured& result);
v1::Diagnosis to_message(const std::vector<platform::Finding>& findings);

}  // namespace sweetspot::control
