#include "tuner/queue_growth.hpp"

#include <algorithm>

namespace sweetspot::tuner {

void QueueGrowth::add(const Window& window, TimePoint now, Duration span) {
  if (window.limit != limit_) samples_.clear();
  limit_ = window.limit;
  span_ = span;
  samples_.push_back({now, window.mean_queued()});
  while (samples_.size() > 1 && samples_[1].at <= now - 2 * span) samples_.pop_front();
}

double QueueGrowth::before(Duration ago) const {
  const TimePoint then = samples_.back().at - ago;
  const auto later = std::find_if(samples_.begin(), samples_.end(),
                                  [&](const Sample& sample) { return sample.at >= then; });
  return later->queued;
}

bool QueueGrowth::goes_on(double most) const {
  if (samples_.empty() || samples_.back().at - samples_.front().at < 2 * span_) return false;
  const double first = before(2 * span_), middle = before(span_), last = samples_.back().queued;
  const double step = 2.0 * limit_;
  return middle - first >= step && last - middle >= step && last >= 1.5 * first &&
         last - first <= most * seconds(2 * span_);
}

}  // namespace sweetspot::tuner
