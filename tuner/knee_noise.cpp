#include "tuner/knee_noise.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::tuner {
namespace {

constexpr double assumed_error = 0.05 / 1.96;  // where a level does not say how sure it is
constexpr double p99_to_throughput = 2;        // a p99 is that much less certain than a rate

double log_in_flight(const CurvePoint& p) {
  return std::log(p.in_flight.value_or(static_cast<double>(p.pool_size)));
}

// Neighbouring steps whose elasticity rises are pooled into one, until none does
// (pool adjacent violators; Ayer et al., 1955).
struct Block {
  double gain = 0, growth = 0;
  std::size_t steps = 0;
  double slope() const { return gain / growth; }
};

std::vector<Block> falling_elasticities(const std::vector<CurvePoint>& levels) {
  std::vector<Block> blocks;
  for (std::size_t i = 1; i < levels.size(); ++i) {
    Block next{std::log(levels[i].throughput / levels[i - 1].throughput),
               log_in_flight(levels[i]) - log_in_flight(levels[i - 1]), 1};
    while (!blocks.empty() && blocks.back().slope() < next.slope()) {
      next = {blocks.back().gain + next.gain, blocks.back().growth + next.growth,
              blocks.back().steps + next.steps};
      blocks.pop_back();
    }
    blocks.push_back(next);
  }
  return blocks;
}

// How far the levels lie from the curve of pooled steps, on average.
double scatter(const std::vector<CurvePoint>& levels) {
  const auto blocks = falling_elasticities(levels);
  const double free = static_cast<double>(levels.size()) - static_cast<double>(blocks.size()) - 1;
  if (free <= 0) return 0;
  std::vector<double> residuals{0};
  double fitted = 0;
  std::size_t at = 0;
  for (const Block& block : blocks) {
    for (std::size_t i = 0; i < block.steps; ++i) {
      ++at;
      fitted += block.slope() * (log_in_flight(levels[at]) - log_in_flight(levels[at - 1]));
      residuals.push_back(std::log(levels[at].throughput / levels[0].throughput) - fitted);
    }
  }
  double mean = 0;
  for (const double r : residuals) mean += r / static_cast<double>(residuals.size());
  double squares = 0;
  for (const double r : residuals) squares += (r - mean) * (r - mean);
  return std::sqrt(squares / static_cast<double>(residuals.size()));
}

// SplitMix64 (Steele et al., 2014).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  double normal() {  // the sum of twelve uniforms has variance 1
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  double uniform() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

  std::uint64_t state_;
};

}  // namespace

std::vector<double> throughput_errors(const std::vector<CurvePoint>& levels) {
  const double least = scatter(levels);
  std::vector<double> errors;
  for (const CurvePoint& p : levels) {
    const double own = p.relative_ci ? *p.relative_ci / 1.96 : assumed_error;
    errors.push_back(std::max(own, least));
  }
  return errors;
}

std::vector<CurvePoint> redrawn(const std::vector<CurvePoint>& levels,
                                const std::vector<double>& errors, std::uint64_t seed) {
  Dice dice(seed);
  std::vector<CurvePoint> drawn = levels;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    drawn[i].throughput *= std::exp(errors[i] * dice.normal());
    const double factor = std::exp(p99_to_throughput * errors[i] * dice.normal());
    drawn[i].p99 = from_seconds(seconds(drawn[i].p99) * factor);
  }
  return drawn;
}

}  // namespace sweetspot::tuner
