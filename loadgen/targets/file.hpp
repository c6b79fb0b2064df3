#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "service/platform/units.hpp"

namespace sweetspot::loadgen {

// One of several things to ask for. What is absent is as the command line says.
struct TargetLine {
  std::string url{};  // may be relative to the command line's
  double weight = 1;
  std::optional<std::string> method{}, body{};
  std::vector<std::string> headers{};  // "Name: value"
};

// A line each: `[WEIGHT] [METHOD] URL`, or a JSON object with `url`, `weight`, `method`, `headers`,
// `body`, `body_file`. Blank lines and those that begin with # are skipped. An error names file,
// line, key, and what is allowed.
platform::Parsed<std::vector<TargetLine>> read_targets(const std::string& file);

// The same from the content of `file`; a `body_file` is what `content_of` says.
using ContentOf = std::function<std::string(const std::string& file)>;
platform::Parsed<std::vector<TargetLine>> parse_targets(const std::string& content,
                                                        const std::string& file,
                                                        const ContentOf& content_of);

}  // namespace sweetspot::loadgen
