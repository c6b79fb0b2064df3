#pragma once

#include <iosfwd>
#include <string>

#include "service/ctl/client.hpp"

namespace sweetspot::ctl {

struct ReplayOptions {
  std::string file;       // `recording.file` of a sidecar; its older pieces are found beside it
  std::string objective;  // what this one would have said, too; empty: none
  bool json = false;
};

// Runs a recording through the tuner, without any sidecar, and prints its verdicts. Refused where
// they are not the recorded ones: then this is another release than the one that recorded.
Outcome replay_recording(const ReplayOptions& options, std::ostream& out);

}  // namespace sweetspot::ctl
