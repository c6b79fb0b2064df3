#pragma once

#include <algorithm>
#include <random>

#include "tuner/time.hpp"

namespace sweetspot::fleet {

// Pauses after failures: doubling from `first` to `longest`, each drawn from its upper half, so
// that replicas that failed together do not come back together. A value.
class Backoff {
 public:
  Backoff(tuner::Duration first, tuner::Duration longest) : first_(first), longest_(longest) {}

  tuner::Duration next(std::mt19937_64& random) {
    pause_ = pause_ == tuner::Duration::zero() ? first_ : std::min(2 * pause_, longest_);
    std::uniform_int_distribution<tuner::Duration::rep> draw(pause_.count() / 2, pause_.count());
    return tuner::Duration(draw(random));
  }
  void reset() { pause_ = tuner::Duration::zero(); }

 private:
  tuner::Duration first_, longest_, pause_{};
};

}  // namespace sweetspot::fleet
