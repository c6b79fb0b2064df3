#pragma once

#include <google/protobuf/message.h>

#include <nlohmann/json.hpp>

namespace sweetspot::ctl {

// Every field of the contract under its own name, set or not; numbers as numbers, a message that is
// absent as null. Of a oneof only what is set.
nlohmann::ordered_json json_of(const google::protobuf::Message& message);

}  // namespace sweetspot::ctl
