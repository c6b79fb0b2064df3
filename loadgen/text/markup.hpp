#pragma once

#include <string>
#include <string_view>

namespace sweetspot::loadgen {

// Text that may stand in XML or HTML.
std::string escaped(std::string_view text);

}  // namespace sweetspot::loadgen
