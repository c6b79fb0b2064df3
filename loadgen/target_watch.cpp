#include "loadgen/target_watch.hpp"

#include <algorithm>

#include "service/platform/process.hpp"

namespace sweetspot::loadgen {
namespace {

std::uint64_t switches_of(int pid) {
  const auto switches = platform::context_switches_of(pid);
  return switches ? switches->voluntary + switches->involuntary : 0;
}

bool has_ended(const std::optional<platform::ProcessStatus>& status) {
  return !status || status->resident_bytes == 0;  // a zombie has no memory left
}

}  // namespace

bool TargetWatch::is_alive() const { return !loadgen::has_ended(platform::status_of(pid_)); }

bool TargetWatch::sample(Duration elapsed) {
  const auto status = platform::status_of(pid_);
  ended_ = loadgen::has_ended(status);
  if (ended_) return false;
  threads_ = std::max(threads_, status->threads);
  resident_ = std::max(resident_, status->resident_bytes);
  if (!started_) {
    started_ = true;
    begin_ = elapsed;
    cpu_begin_ = platform::cpu_time_of(pid_).value_or(Duration(0));
    switches_begin_ = switches_of(pid_);
  }
  return true;
}

void TargetWatch::finish(Duration elapsed) {
  if (finished_ || !started_) return;
  finished_ = true;
  end_ = elapsed;
  cpu_end_ = platform::cpu_time_of(pid_).value_or(cpu_begin_);
  switches_end_ = switches_of(pid_);
}

TargetUse TargetWatch::use(std::uint64_t requests) const {
  TargetUse use{.threads = threads_, .resident_bytes = resident_};
  if (end_ > begin_)
    use.cpu = tuner::seconds(cpu_end_ - cpu_begin_) / tuner::seconds(end_ - begin_);
  if (requests > 0 && switches_end_ > switches_begin_) {
    use.switches_per_request =
        static_cast<double>(switches_end_ - switches_begin_) / static_cast<double>(requests);
  }
  return use;
}

}  // namespace sweetspot::loadgen
