#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tuner/time.hpp"

namespace sweetspot::loadgen {

// How sure a measured rate is, by the method of batch means: the run is cut into equal spans whose
// rates are nearly independent, unlike single requests, which follow one another.
class BatchMeans {
 public:
  // How many had ended after how long. Times do not run backwards.
  void observe(tuner::Duration elapsed, std::uint64_t ended);

  // Half the width of the 95 % interval of the rate over the rate. Nothing where the observations
  // do not fill ten spans.
  std::optional<double> relative_ci() const;

  std::size_t kept() const { return samples_.size(); }  // bounded, however long it goes on

 private:
  struct Sample {
    tuner::Duration elapsed;
    std::uint64_t ended;
  };
  double ended_at(tuner::Duration elapsed) const;
  void thin_out();

  std::vector<Sample> samples_;
  tuner::Duration spacing_{};  // at least, from one to the next
};

}  // namespace sweetspot::loadgen
