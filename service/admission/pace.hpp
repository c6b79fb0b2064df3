#pragma once

#include <cstdint>

#include "service/admission/settings.hpp"

namespace sweetspot::admission {

// How fast permits come back, and how little time the fast ones take. O(1), no history.
class Pace {
 public:
  void released(Duration taken, TimePoint now) {
    roll(now);
    // At high rates some tell what all take.
    if (++current_ <= each_up_to || current_ % sampled == 0) learn(taken);
    seen_at_ = now;
  }

  // A second, over the last one to two seconds.
  double drain_rate(TimePoint now) const {
    if (now >= since_ + 2 * span) return 0;
    if (now >= since_ + span) return static_cast<double>(current_);
    const double part = tuner::seconds(now - since_) / tuner::seconds(span);
    return static_cast<double>(previous_) * (1 - part) + static_cast<double>(current_);
  }

  // What about nine in ten permits take longer than. Zero where nothing came back lately, for it
  // must not keep out those from whom it would learn that the world has changed.
  Duration least_time(TimePoint now) const {
    return now - seen_at_ > span ? Duration::zero() : Duration(static_cast<Duration::rep>(tenth_));
  }

 private:
  static constexpr Duration span = std::chrono::seconds(1);
  static constexpr double step = 0.005;
  static constexpr std::uint64_t each_up_to = 64, sampled = 8;

  void roll(TimePoint now) {
    if (now < since_ + span) return;
    previous_ = now < since_ + 2 * span ? current_ : 0;
    current_ = 0;
    since_ = now < since_ + 2 * span ? since_ + span : now;
  }

  // A quantile by small steps: nine down for each up keep one in ten below it.
  void learn(Duration taken) {
    const auto sample = static_cast<double>(taken.count());
    if (tenth_ == 0) tenth_ = sample;
    tenth_ *= sample < tenth_ ? 1 - 9 * step : 1 + step;
  }

  TimePoint since_{}, seen_at_{};
  std::uint64_t current_ = 0, previous_ = 0;
  double tenth_ = 0;
};

}  // namespace sweetspot::admission
