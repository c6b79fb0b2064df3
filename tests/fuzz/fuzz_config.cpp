// Any bytes as the configuration file: it is taken or refused, and what is said of it may be
// printed.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "service/config/load.hpp"
#include "service/config/yaml.hpp"
#include "service/platform/printable.hpp"

using namespace sweetspot;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto source = config::parse_yaml("fuzz.yaml", text);
  config::Config config;
  for (const auto& errors : {source.errors, config::apply_entries(config, source.entries)})
    for (const auto& error : errors)
      if (error.empty() || platform::printable(error) != error) std::abort();
  return 0;
}
