#include "service/recording.hpp"

namespace sweetspot::service {

std::unique_ptr<control::RecordingFile> record(const config::Config& config,
                                               control::TuningLoop& tuning,
                                               const observe::Log& log) {
  if (config.recording.path.empty()) return nullptr;
  auto recording = std::make_unique<control::RecordingFile>(
      config.recording, tuning.steering().tuner(),
      [&log, path = config.recording.path](const std::string& problem) {
        log(observe::Event::recording_write_failed, {{"file", path}, {"problem", problem}});
      });
  tuning.steering().record_to(
      [file = recording.get()](const std::string& line) { file->append(line); });
  tuning.each_second([file = recording.get()](tuner::TimePoint) { file->flush(); });
  return recording;
}

}  // namespace sweetspot::service
