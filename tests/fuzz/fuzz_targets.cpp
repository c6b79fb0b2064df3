// Any bytes as the load tool's file of targets: each target taken has a URL and a weight that can
// be drawn by; what is refused is refused with the file and the line.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "loadgen/targets/file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  // A body's file has what a fuzzer may have, so that none of this machine's is read.
  const auto body_of = [](const std::string& file) { return file + " read"; };
  const auto parsed = sweetspot::loadgen::parse_targets(content, "targets", body_of);
  if (!parsed.value) {
    if (parsed.error.rfind("targets, line ", 0) != 0) std::abort();
    return 0;
  }
  if (parsed.value->empty()) std::abort();
  for (const auto& target : *parsed.value)
    if (target.url.empty() || !(target.weight > 0 && target.weight <= 1e9)) std::abort();
  return 0;
}
