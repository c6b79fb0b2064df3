// Any bytes as the configuration file: it is taken or refused with at least one error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "service/config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const char* const argv[] = {"sweetspot"};
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto loaded = sweetspot::config::load_document(1, argv, "fuzz.yaml", text);
  for (const auto& error : loaded.errors)
    if (error.empty()) std::abort();
  return 0;
}
