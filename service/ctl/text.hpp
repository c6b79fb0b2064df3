#pragma once

#include <cstdint>
#include <string>

namespace sweetspot::ctl {

// As printf; longer lines are cut.
[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

// Text from the other side, made safe for a terminal.
std::string printable(const std::string& text);

std::string clock_text(std::int64_t unix_ms);  // 2023-11-14 22:13:20, UTC

}  // namespace sweetspot::ctl
