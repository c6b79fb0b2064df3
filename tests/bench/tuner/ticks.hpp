#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace sweetspot::bench {

// What a tick costs in time of the processor, while the tuner measures and in hold. Misses as
// missed().
std::vector<std::string> examine_ticks(std::ostream& out);

}  // namespace sweetspot::bench
