#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/fleet/lease.hpp"

namespace sweetspot::fleet {

inline constexpr const char* knowledge_annotation = "sweetspot/knowledge";

// What a replica has learnt, and for whom it holds. A value.
struct Knowledge {
  std::string fingerprint;  // of what decides about the knee: two replicas with the same share it
  int limit = 0;
  double confidence = 0;  // 0..1
  Duration age{};         // since it was last known to hold
  std::string by;         // the replica
};

// The annotation's text holds one record a fingerprint, the newest first, at most eight. Whatever
// is not understood is left out: it may come from another version, or from anybody.
std::vector<Knowledge> read_knowledge(std::string_view text, WallTime now);
std::string with_record(std::string_view text, const Knowledge& record, WallTime now);
std::optional<Knowledge> find_knowledge(std::string_view text, std::string_view fingerprint,
                                        WallTime now);

// Sixteen hexadecimal digits of whatever decides about the knee (FNV-1a, 64 bits).
std::string fingerprint_of(const std::vector<std::string>& parts);

}  // namespace sweetspot::fleet
