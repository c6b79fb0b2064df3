#pragma once

#include <string>

#include "service/config/entry.hpp"

namespace sweetspot::config {

// A pipe may be read the first time. A second time it would seem to be empty.
enum class Reading { first, again };

// Reads a YAML file into entries. Keys that do not exist, appear twice or have the wrong shape (a
// map where a value belongs) are errors; values are judged later, with those of the flags.
Source read_yaml(const std::string& path, Reading reading);
Source parse_yaml(const std::string& name, const std::string& text);  // errors name it so

}  // namespace sweetspot::config
