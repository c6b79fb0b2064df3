// Any bytes as recorded windows: they are replayed or refused, and the limit stays within its
// bounds.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "tuner/replay.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream recording(std::string(reinterpret_cast<const char*>(data), size));
  sweetspot::tuner::replay(recording, [](const sweetspot::tuner::Verdict& verdict) {
    if (verdict.to < 1 || verdict.sentence.empty()) std::abort();
  });
  return 0;
}
