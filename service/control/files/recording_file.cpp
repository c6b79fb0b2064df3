#include "service/control/files/recording_file.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "tuner/recording.hpp"

namespace sweetspot::control {
namespace {

constexpr std::size_t worth_a_write = 16 * 1024;

// A piece begins with a header of its own, so it is cut here and not where the file finds itself
// full.
RotatingFileSettings cut_by_us(RotatingFileSettings settings) {
  settings.max_size = std::numeric_limits<std::uint64_t>::max();
  return settings;
}

}  // namespace

RecordingFile::RecordingFile(RotatingFileSettings settings, const tuner::Tuner& tuner,
                             std::function<void(const std::string&)> on_problem)
    : tuner_settings_(tuner.settings()),
      began_(tuner.began()),
      path_(settings.path),
      keep_(settings.keep),
      max_size_(settings.max_size),
      file_(cut_by_us(std::move(settings)), "recording-file", std::move(on_problem)) {
  begin_piece();
}

RecordingFile::~RecordingFile() { flush(); }

std::vector<std::string> RecordingFile::files() const {
  std::vector<std::string> paths;
  for (int older = std::min(piece_ - 1, keep_); older > 0; --older)
    paths.push_back(rotated(path_, older));
  paths.push_back(path_);
  return paths;
}

void RecordingFile::begin_piece() {
  waiting_ = tuner::encode_start(tuner_settings_, began_, ++piece_);
  size_ = waiting_.size();
  begins_file_ = true;
}

void RecordingFile::append(const std::string& line) {
  if (size_ + line.size() > max_size_) {
    flush();
    begin_piece();
  }
  waiting_ += line;
  size_ += line.size();
  if (waiting_.size() >= worth_a_write) flush();
}

void RecordingFile::flush() {
  if (waiting_.empty()) return;
  const bool kept = file_.append(std::exchange(waiting_, {}), std::exchange(begins_file_, false));
  if (kept) return;
  // With a gap it could not be replayed: what follows is a piece whose begin is lost.
  ++piece_;
  begin_piece();
}

}  // namespace sweetspot::control
