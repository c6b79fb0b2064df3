#pragma once

#include <string>

#include "sweetspot/v1/control.pb.h"

namespace sweetspot::ctl {

// The load curve for a terminal: throughput over the requests in flight, in octaves, with the sweet
// spot and the held limit marked. Empty where there is nothing to draw.
std::string knee_picture(const v1::Curve& curve);

}  // namespace sweetspot::ctl
