#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/control/decision_log.hpp"

namespace sweetspot::control {

struct DecisionFileSettings {
  std::string path{};  // empty: decisions are kept in memory only
  std::uint64_t max_size = 10 * 1024 * 1024;  // bytes, then the file is rotated
  int keep = 3;                               // rotated files: path.1, the newest, to path.3
};

// One line of the file: the contract's Verdict as proto3 JSON with the contract's field names.
std::string to_json_line(const Decision& decision);
std::optional<Decision> from_json_line(std::string_view line);  // nothing where it is torn or foreign

// The decision log on disk, JSON lines, written by a thread of its own since a disk may block for
// long. A kill loses at most what is being written; a torn line is skipped by who reads it.
class DecisionFile {
 public:
  DecisionFile(DecisionFileSettings settings,
               std::function<void(const std::string& problem)> on_problem);
  ~DecisionFile();  // what was appended is written before it returns
  void append(const Decision& decision);  // never blocks on the disk

  // The last decisions that earlier runs left, oldest first.
  static std::deque<Decision> read_last(const std::string& path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::control
