#pragma once

#include <memory>
#include <string>

#include "loadgen/sweep/options.hpp"

namespace sweetspot::loadgen {

// The limit of a running sidecar, moved by its control API, one call at a time. It is put back when
// this goes: where the tuner had it, the tuner gets it back. Each pin expires by itself, so that a
// sweep that is killed leaves none.
class SidecarLimit {
 public:
  // What the sidecar says of itself. Latencies are the backend's, of the last ten seconds.
  struct Seen {
    int limit = 0, in_flight = 0;
    Duration p50{}, p99{};
  };

  // A sentence where it cannot be reached, or does not allow limits from..to.
  static platform::Parsed<std::unique_ptr<SidecarLimit>> reach(const Via& via, int from, int to);

  ~SidecarLimit();
  SidecarLimit(const SidecarLimit&) = delete;
  SidecarLimit& operator=(const SidecarLimit&) = delete;

  // What went wrong, else empty.
  std::string pin(int limit, Duration expires_after);
  std::string look(Seen& seen);
  std::string put_back();

 private:
  struct Impl;
  explicit SidecarLimit(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sweetspot::loadgen
