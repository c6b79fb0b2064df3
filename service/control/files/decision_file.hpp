#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "service/control/decision_log.hpp"
#include "service/control/files/rotating_file.hpp"

namespace sweetspot::control {

using DecisionFileSettings = RotatingFileSettings;

// One line of the file: the contract's Verdict as proto3 JSON with the contract's field names.
std::string to_json_line(const Decision& decision);
std::optional<Decision> from_json_line(
    std::string_view line);  // nothing where it is torn or foreign

// The decision log on disk, JSON lines; a torn line is skipped by who reads it. One thread.
class DecisionFile {
 public:
  DecisionFile(DecisionFileSettings settings,
               std::function<void(const std::string& problem)> on_problem);
  void append(const Decision& decision);  // never blocks on the disk

  // The last decisions that earlier runs left, oldest first.
  static std::deque<Decision> read_last(const std::string& path);

 private:
  RotatingFile file_;
};

}  // namespace sweetspot::control
