#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace sweetspot::ctl {

// The same value as a YAML document, with its closing newline. What is a text stays one: where it
// could be read as something else it is quoted.
std::string to_yaml(const nlohmann::ordered_json& json);

}  // namespace sweetspot::ctl
