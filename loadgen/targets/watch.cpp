#include "loadgen/targets/watch.hpp"

#include <algorithm>

namespace sweetspot::loadgen {
namespace {

constexpr Duration look_again = std::chrono::milliseconds(250);  // for new processes
constexpr Duration for_each = std::chrono::milliseconds(1);  // is left between two looks, a process

std::uint64_t sum(const platform::ContextSwitches& switches) {
  return switches.voluntary + switches.involuntary;
}

bool has_ended(const std::optional<platform::ProcessStatus>& status) {
  return !status || status->resident_bytes == 0;  // a zombie has no memory left
}

}  // namespace

TargetWatch::TargetWatch(int pid) : family_(pid, look_again) {}

bool TargetWatch::is_alive() const {
  return !loadgen::has_ended(platform::status_of(family_.first()));
}

bool TargetWatch::sample(Duration elapsed) {
  if (elapsed < next_) return !ended_;
  const auto status = family_.status();
  next_ = elapsed + for_each * static_cast<Duration::rep>(family_.size());
  ended_ = loadgen::has_ended(status);
  if (ended_) return false;
  threads_ = std::max(threads_, status->threads);
  resident_ = std::max(resident_, status->resident_bytes);
  if (!started_) {
    started_ = true;
    begin_ = elapsed;
    cpu_begin_ = family_.cpu_time();
    switches_begin_ = sum(family_.context_switches());
  }
  return true;
}

void TargetWatch::finish(Duration elapsed) {
  if (finished_ || !started_) return;
  finished_ = true;
  end_ = elapsed;
  cpu_end_ = std::max(family_.cpu_time(), cpu_begin_);
  switches_end_ = sum(family_.context_switches());
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
