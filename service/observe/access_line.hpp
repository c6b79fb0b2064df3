#pragma once

#include <cstdint>
#include <string>

#include "service/proxy/access_ring.hpp"

namespace sweetspot::observe {

// One line for one finished request. No byte that a client sent can end the line, leave its field
// or reach a terminal as a control: what is not plain ASCII is escaped.
void append_json(std::string& line, const proxy::AccessEntry& entry, std::int64_t unix_ms);
void append_combined(std::string& line, const proxy::AccessEntry& entry, std::int64_t unix_ms);

}  // namespace sweetspot::observe
