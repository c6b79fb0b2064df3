#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sweetspot::control {

struct RotatingFileSettings {
  std::string path{};                         // empty: nothing is written
  std::uint64_t max_size = 10 * 1024 * 1024;  // bytes, then the file is rotated
  int keep = 3;                               // rotated files: path.1, the newest, to path.3
};

std::string rotated(const std::string& path, int number);  // path.number

// Lines on disk, written by a thread of its own, since a disk may block for long. A kill loses at
// most what has not been written yet, and may tear the last line; whoever opens the file next ends
// it.
class RotatingFile {
 public:
  RotatingFile(RotatingFileSettings settings, const char* thread_name,
               std::function<void(const std::string& problem)> on_problem);
  ~RotatingFile();  // what was appended is written before it returns

  // Whole lines. Never blocks on the disk: false, and nothing is kept, where too many wait already.
  bool append(std::string text, bool begins_file = false);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::control
