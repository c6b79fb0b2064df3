// Any bytes as the state file: a state that is taken is written back as the same state. The same
// bytes are read once more with their right checksum behind them, for nobody finds that by trying.

#include <boost/crc.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "service/control/files/state_file.hpp"

namespace {

void check(std::string_view text) {
  const auto state = sweetspot::control::decode(text);
  if (state && sweetspot::control::decode(sweetspot::control::encode(*state)) != state)
    std::abort();
}

std::string summed(std::string text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  char line[16];
  std::snprintf(line, sizeof line, "crc32 %08x\n", crc.checksum());
  return text + line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check(text);
  check(summed(text));
  return 0;
}
