#pragma once

#include <string_view>

#include "tuner/time.hpp"

namespace sweetspot::engine {

// How long a Retry-After field asks to wait: a number of seconds, or a date (RFC 9110, section
// 10.2.3) beside the wall clock's `now` in seconds since 1970. Zero for anything else and for the
// past.
tuner::Duration retry_delay(std::string_view text, long now);
tuner::Duration retry_delay(std::string_view text);  // beside the wall clock itself

}  // namespace sweetspot::engine
