#include <algorithm>
#include <cmath>

#include "tuner/algorithms/rule.hpp"
#include "tuner/algorithms/samples.hpp"

// Vegas of Netflix's concurrency-limits, after its documentation, at its defaults (TCP Vegas: L.
// Brakmo, L. Peterson, 1995): queue = limit (1 - rtt_noload / rtt); below alpha = 3 log10(limit)
// the limit grows by log10(limit), above beta = 6 log10(limit) it shrinks by as much; an almost
// empty queue adds beta. The least round trip is forgotten every 30 limits' worth of samples.
namespace sweetspot::tuner::algorithms {

namespace {

constexpr double probe_multiplier = 30;
constexpr double probe_jitter = 0.75;  // the mean of the documented 0.5..1: no randomness here

double log10_of(double limit) { return std::max(1.0, std::floor(std::log10(limit))); }

class Vegas : public Rule {
 public:
  explicit Vegas(double initial) : limit_(initial) {}

  double update(const Window& seen, TimePoint) override {
    const double in_flight = seen.mean_in_flight();
    each_sample(seen, [&](double rtt, bool dropped) { sample(rtt, in_flight, dropped); });
    return limit_;
  }

  void set_limit(double limit) override { limit_ = limit; }

 private:
  void sample(double rtt, double in_flight, bool dropped) {
    if (rtt <= 0) return;
    if (++probes_ >= probe_jitter * probe_multiplier * limit_) {
      probes_ = 0;
      no_load_ = rtt;
      return;
    }
    if (no_load_ <= 0 || rtt < no_load_) {
      no_load_ = rtt;
      return;
    }
    const double log = log10_of(limit_), alpha = 3 * log, beta = 6 * log;
    const double queue = std::ceil(limit_ * (1 - no_load_ / rtt));
    // The published rule, one branch for each of its cases. NOLINTNEXTLINE(bugprone-branch-clone)
    if (dropped) {
      limit_ -= log;
    } else if (in_flight * 2 < limit_) {
      return;
    } else if (queue <= log) {
      limit_ += beta;
    } else if (queue < alpha) {
      limit_ += log;
    } else if (queue > beta) {
      limit_ -= log;
    }
    limit_ = std::clamp(limit_, 1.0, 1000.0);
  }

  double limit_;
  double no_load_ = 0;  // seconds
  double probes_ = 0;
};

}  // namespace

std::unique_ptr<Rule> make_vegas(double initial) { return std::make_unique<Vegas>(initial); }

}  // namespace sweetspot::tuner::algorithms
