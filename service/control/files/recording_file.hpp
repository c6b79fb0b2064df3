#pragma once

#include <functional>
#include <string>
#include <vector>

#include "service/control/files/rotating_file.hpp"
#include "tuner/tuner.hpp"

namespace sweetspot::control {

// A tuner's recording on disk, in pieces of the file's largest size: what the tuner was told and
// what it said, to be replayed (tuner/recording.hpp). Begins a new file at each start. One thread.
class RecordingFile {
 public:
  // `tuner` as it was made: nothing has been told to it yet.
  RecordingFile(RotatingFileSettings settings, const tuner::Tuner& tuner,
                std::function<void(const std::string& problem)> on_problem);
  ~RecordingFile();

  void append(const std::string& line);
  void flush();  // about once a second: what a kill may lose

  // Its pieces that are kept, oldest first. The newest may still lack what was appended just now.
  std::vector<std::string> files() const;

 private:
  void begin_piece();

  tuner::Settings tuner_settings_;
  tuner::TimePoint began_;
  std::string path_;
  int keep_;
  std::uint64_t max_size_;
  std::uint64_t size_ = 0;  // of this piece
  int piece_ = 0;
  bool begins_file_ = false;
  std::string waiting_;
  RotatingFile file_;
};

}  // namespace sweetspot::control
