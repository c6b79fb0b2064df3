#pragma once

#include <string>
#include <string_view>

namespace sweetspot::platform {

// What of somebody else's text may go to a terminal: control characters become escapes as in \n and
// \x1b, those of Unicode and bytes that are no UTF-8, too; the rest stays as it is. Doing it again
// changes nothing.
std::string printable(std::string_view text);

}  // namespace sweetspot::platform
