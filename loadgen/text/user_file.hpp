#pragma once

#include <string>

#include "service/platform/units.hpp"

namespace sweetspot::loadgen {

// The content of a file that the user names, which may be a pipe: of at most 256 MiB, for all of it
// is kept.
platform::Parsed<std::string> content_of(const std::string& name);

// Makes the file anew, with that in it. A sentence with the cause where it cannot, else empty.
std::string write_file(const std::string& name, const std::string& text);

// The same, but nothing is written: whether it could be.
std::string try_file(const std::string& name);

}  // namespace sweetspot::loadgen
