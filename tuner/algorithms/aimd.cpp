#include <algorithm>

#include "tuner/algorithms/rule.hpp"
#include "tuner/algorithms/samples.hpp"

// AIMD of Netflix's concurrency-limits, after its documentation, at its defaults: each answer adds
// one while half of the limit is in use; a failure, or one slower than 5 s, multiplies by 0.9
// (D. Chiu, R. Jain, 1989). Its bounds of 20 and 200 are replaced by the limiter's, but for the
// 200.
namespace sweetspot::tuner::algorithms {

namespace {

constexpr double back_off = 0.9;
constexpr double timeout = 5;  // seconds
constexpr double most = 200;

class Aimd : public Rule {
 public:
  explicit Aimd(double initial) : limit_(initial) {}

  double update(const Window& seen, TimePoint) override {
    const double in_flight = seen.mean_in_flight();
    each_sample(seen, [&](double rtt, bool dropped) {
      if (dropped || rtt > timeout) {
        limit_ = std::max(1.0, limit_ * back_off);
      } else if (in_flight * 2 >= limit_) {
        limit_ = std::min(most, limit_ + 1);
      }
    });
    return limit_;
  }

  void set_limit(double limit) override { limit_ = limit; }

 private:
  double limit_;
};

}  // namespace

std::unique_ptr<Rule> make_aimd(double initial) { return std::make_unique<Aimd>(initial); }

}  // namespace sweetspot::tuner::algorithms
