#include <algorithm>
#include <cmath>

#include "tuner/algorithms/rule.hpp"

// Gradient2 of Netflix's concurrency-limits, after its documentation, at its defaults: the ratio of
// a long average of the round trip (600 samples) to the present one, with a tolerance of 1.5, kept
// within 0.5 and 1, multiplies the limit; 4 are added for a queue; smoothed by 0.2. Its samples are
// windows of a second's averages.
namespace sweetspot::tuner::algorithms {

namespace {

constexpr double tolerance = 1.5;
constexpr double queue = 4;
constexpr double smoothing = 0.2;
constexpr double long_samples = 600;
constexpr int warm_up = 10;  // samples that are averaged plainly
constexpr Duration window = std::chrono::seconds(1);
constexpr std::uint64_t least_samples = 10;  // in a window

class Gradient2 : public Rule {
 public:
  explicit Gradient2(double initial) : limit_(initial) {}

  double update(const Window& seen, TimePoint) override {
    sum_.merge(seen);
    most_ = std::max(most_, seen.mean_in_flight());
    if (sum_.span < window || sum_.latency.count() < least_samples) return limit_;
    const double rtt = seconds(sum_.latency.mean()), in_flight = most_;
    sum_ = Window();
    most_ = 0;
    note(rtt);
    if (in_flight < limit_ / 2) return limit_;
    const double gradient = std::clamp(tolerance * long_ / std::max(rtt, 1e-9), 0.5, 1.0);
    limit_ = limit_ * (1 - smoothing) + (limit_ * gradient + queue) * smoothing;
    return limit_;
  }

  void set_limit(double limit) override { limit_ = limit; }

 private:
  void note(double rtt) {
    if (count_ < warm_up) {
      total_ += rtt;
      long_ = total_ / ++count_;
    } else {
      const double weight = 2 / (long_samples + 1);
      long_ = long_ * (1 - weight) + rtt * weight;
    }
    if (long_ / std::max(rtt, 1e-9) > 2) long_ *= 0.95;  // it recovers from an overload
  }

  double limit_;
  Window sum_;
  double most_ = 0;
  double long_ = 0, total_ = 0;
  int count_ = 0;
};

}  // namespace

std::unique_ptr<Rule> make_gradient2(double initial) {
  return std::make_unique<Gradient2>(initial);
}

}  // namespace sweetspot::tuner::algorithms
