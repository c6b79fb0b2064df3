// Any bytes as the state file: a state that is taken is written back as the same bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "service/control/state_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto state = sweetspot::control::decode(text);
  if (state && sweetspot::control::decode(sweetspot::control::encode(*state)) != state)
    std::abort();
  return 0;
}
