#include "service/control/own_load.hpp"

#include <algorithm>

namespace sweetspot::control {
namespace {

constexpr Duration span = std::chrono::milliseconds(500);

}  // namespace

OwnLoad::OwnLoad(const Recorders& recorders, TimePoint now)
    : recorders_(recorders), threads_(recorders.size()), read_(now) {}

bool OwnLoad::look(TimePoint now) {
  const Duration passed = now - read_;
  if (passed < span) return false;
  find_threads();
  double busiest = 0;
  for (auto& thread : threads_) {
    const auto wanted = thread.load ? thread.load->wanted_cpu() : std::nullopt;
    if (!wanted) continue;
    if (thread.wanted.count() > 0)
      busiest = std::max(busiest, tuner::seconds(*wanted - thread.wanted) / tuner::seconds(passed));
    thread.wanted = *wanted;
  }
  read_ = now;
  busiest_ = std::min(busiest, 1.0);
  const bool was = saturated_;
  saturated_ = busiest_ >= (was ? free : full);
  return saturated_ != was;
}

void OwnLoad::find_threads() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    const int thread = recorders_[i]->thread();
    if (!threads_[i].load && thread != 0)
      threads_[i].load = std::make_unique<platform::ThreadLoad>(thread);
  }
}

}  // namespace sweetspot::control
