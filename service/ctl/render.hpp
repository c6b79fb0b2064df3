#pragma once

#include <string>

#include "sweetspot/v1/control.pb.h"

namespace sweetspot::ctl {

// A message as one line of JSON: every field of the contract under its own name, set or not;
// numbers as numbers, a message that is absent as null.
std::string to_json(const google::protobuf::Message& message);

// The event of a watch as one line of JSON: {"status":{...}} or {"verdict":{...}}.
std::string to_json_event(const v1::WatchEvent& event);

// For people. A status is a few lines, a verdict or a status in a watch is one.
std::string status_text(const v1::Status& status);
std::string event_text(const v1::WatchEvent& event);

}  // namespace sweetspot::ctl
