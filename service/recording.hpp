#pragma once

#include <memory>

#include "service/config/settings.hpp"
#include "service/control/files/recording_file.hpp"
#include "service/control/tuning_loop.hpp"
#include "service/observe/log.hpp"

namespace sweetspot::service {

// From now on the loop's tuner is recorded, as the configuration says; null where nothing is. What
// is returned must outlive the loop's last tick.
std::unique_ptr<control::RecordingFile> record(const config::Config& config,
                                               control::TuningLoop& tuning,
                                               const observe::Log& log);

}  // namespace sweetspot::service
