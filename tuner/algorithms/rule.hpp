#pragma once

#include <memory>

#include "tuner/algorithm.hpp"
#include "tuner/window.hpp"

namespace sweetspot::tuner::algorithms {

// A limiter's rule as its authors published it: a window of answers in, a limit out. The limit is
// kept within bounds by whoever asks. Windows hold every answer, whenever it was granted.
class Rule {
 public:
  virtual ~Rule() = default;
  virtual double update(const Window& seen, TimePoint now) = 0;  // in force from now on
  virtual void set_limit(double limit) = 0;                      // as brought within the bounds
  virtual Duration tick() const { return std::chrono::milliseconds(20); }
};

std::unique_ptr<Rule> make_gradient(double initial);
std::unique_ptr<Rule> make_gradient2(double initial);
std::unique_ptr<Rule> make_vegas(double initial);
std::unique_ptr<Rule> make_aimd(double initial);
std::unique_ptr<Rule> make_fixed(double initial);
std::unique_ptr<Rule> make_rule(Algorithm algorithm, double initial);

}  // namespace sweetspot::tuner::algorithms
