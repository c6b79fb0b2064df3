#include "loadgen/engine/slices.hpp"

#include <algorithm>
#include <utility>

namespace sweetspot::engine {

void Slices::record(tuner::Duration elapsed, tuner::Duration latency) {
  while (elapsed >= width_ * most) widen();
  const auto at = static_cast<std::size_t>(std::max<tuner::Duration::rep>(elapsed / width_, 0));
  if (at >= slices_.size()) slices_.resize(at + 1);
  slices_[at].record(latency);
}

void Slices::merge(const Slices& other) {
  Slices more = other;
  while (width_ < more.width_) widen();
  while (more.width_ < width_) more.widen();
  if (slices_.size() < more.slices_.size()) slices_.resize(more.slices_.size());
  for (std::size_t i = 0; i < more.slices_.size(); ++i) slices_[i].merge(more.slices_[i]);
}

void Slices::widen() {
  for (std::size_t i = 1; i < slices_.size(); ++i) {
    if (i % 2 == 1) {
      slices_[i / 2].merge(slices_[i]);
    } else {
      slices_[i / 2] = std::move(slices_[i]);
    }
  }
  slices_.resize((slices_.size() + 1) / 2);
  width_ *= 2;
}

}  // namespace sweetspot::engine
