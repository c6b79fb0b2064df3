#include "loadgen/run/options.hpp"

#include <cstdlib>

#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {

platform::Parsed<Stage> parse_stage(std::string_view text) {
  const auto colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto length = platform::parse_duration(text.substr(0, colon));
    const std::string number(text.substr(colon + 1));
    char* end = nullptr;
    const double to = std::strtod(number.c_str(), &end);
    const bool is_number = !number.empty() && *end == '\0' && to >= 0 && to <= 1e7;
    if (length && is_number) return {Stage{*length, to}, {}};
  }
  return {{},
          format("\"%s\" is not valid; allowed is DURATION:TARGET, as 30s:100",
                 std::string(text).c_str())};
}

}  // namespace sweetspot::loadgen
