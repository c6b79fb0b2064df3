#include <algorithm>
#include <cmath>
#include <optional>

#include "tuner/algorithms/rule.hpp"

// Envoy's adaptive concurrency filter with its gradient controller, after the filter's
// documentation (configuration/http/http_filters/adaptive_concurrency_filter), at its defaults:
// every 60 s the limit is lowered to 3 until 50 answers give the least round trip; every 100 ms the
// limit is multiplied by (1.25 min_rtt) / p50, kept within 0.5 and 2, and its square root is added.
// Without the documented jitter, so that it stays deterministic.
namespace sweetspot::tuner::algorithms {

namespace {

constexpr Duration min_rtt_every = std::chrono::seconds(60);
constexpr Duration update_every = std::chrono::milliseconds(100);
constexpr double least = 3;
constexpr std::uint64_t min_rtt_samples = 50;
constexpr double buffer = 0.25;
constexpr double quantile = 0.5;
constexpr int lowest_in_a_row = 5;  // then the least round trip is measured anew

class Gradient : public Rule {
 public:
  explicit Gradient(double initial) : limit_(initial), before_(initial) {}

  double update(const Window& seen, TimePoint now) override {
    if (!measured_at_ || (!measuring_ && now - *measured_at_ >= min_rtt_every)) begin(seen, now);
    if (measuring_) return measure(seen, now);
    sample_.merge(seen.latency);
    since_ += seen.span;
    if (since_ < update_every || sample_.empty()) return limit_;
    const double gradient = std::clamp(
        min_rtt_ * (1 + buffer) / std::max(seconds(sample_.quantile(quantile)), 1e-9), 0.5, 2.0);
    limit_ *= gradient;
    limit_ = std::max(least, std::round(limit_ + std::sqrt(limit_)));
    sample_.clear();
    since_ = {};
    lowest_ = limit_ <= least ? lowest_ + 1 : 0;
    if (lowest_ >= lowest_in_a_row) begin(seen, now);
    return limit_;
  }

  void set_limit(double limit) override { limit_ = limit; }

 private:
  // Those who are under way were sent at the former limit and do not count.
  void begin(const Window& seen, TimePoint now) {
    measured_at_ = now;
    measuring_ = true;
    lowest_ = 0;
    before_ = limit_;
    limit_ = least;
    under_way_ = static_cast<std::uint64_t>(std::ceil(seen.mean_in_flight()));
    sample_.clear();
  }

  double measure(const Window& seen, TimePoint now) {
    if (under_way_ > 0) {
      under_way_ -= std::min(under_way_, seen.latency.count());
      return limit_;
    }
    sample_.merge(seen.latency);
    if (sample_.count() < min_rtt_samples) return limit_;
    min_rtt_ = seconds(sample_.quantile(quantile));
    sample_.clear();
    since_ = {};
    measuring_ = false;
    measured_at_ = now;
    return limit_ = before_;
  }

  double limit_, before_;
  double min_rtt_ = 0;  // seconds
  Histogram sample_;
  Duration since_{};
  std::optional<TimePoint> measured_at_;
  bool measuring_ = false;
  std::uint64_t under_way_ = 0;
  int lowest_ = 0;
};

}  // namespace

std::unique_ptr<Rule> make_gradient(double initial) { return std::make_unique<Gradient>(initial); }

}  // namespace sweetspot::tuner::algorithms
