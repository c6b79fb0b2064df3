#include "loadgen/run/batch_means.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::loadgen {
namespace {

constexpr int batches = 10;
constexpr std::size_t most_samples = 4096;
constexpr double student_t = 2.262;  // 97.5 % with 9 degrees of freedom

}  // namespace

void BatchMeans::observe(tuner::Duration elapsed, std::uint64_t ended) {
  if (!samples_.empty() && elapsed - samples_.back().elapsed < spacing_) return;
  samples_.push_back({elapsed, ended});
  if (samples_.size() == most_samples) thin_out();
}

// Every other one goes, so that a run of days needs no more room than one of a minute.
void BatchMeans::thin_out() {
  for (std::size_t i = 0; 2 * i < samples_.size(); ++i) samples_[i] = samples_[2 * i];
  samples_.resize(samples_.size() / 2);
  const auto gaps = static_cast<tuner::Duration::rep>(samples_.size() - 1);
  spacing_ = (samples_.back().elapsed - samples_.front().elapsed) / gaps;
}

// Interpolated: no observation falls exactly on the end of a span.
double BatchMeans::ended_at(tuner::Duration elapsed) const {
  const auto after =
      std::find_if(samples_.begin() + 1, samples_.end() - 1,
                   [elapsed](const Sample& sample) { return sample.elapsed >= elapsed; });
  const auto before = std::prev(after);
  const double width = tuner::seconds(after->elapsed - before->elapsed);
  if (width <= 0) return static_cast<double>(after->ended);
  const double share = tuner::seconds(elapsed - before->elapsed) / width;
  const double gained = static_cast<double>(after->ended) - static_cast<double>(before->ended);
  return static_cast<double>(before->ended) + share * gained;
}

std::optional<double> BatchMeans::relative_ci() const {
  if (samples_.size() < 2 * batches) return {};
  const auto start = samples_.front().elapsed;
  const auto span = (samples_.back().elapsed - start) / batches;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < batches; ++i) {
    const double ended = ended_at(start + (i + 1) * span) - ended_at(start + i * span);
    sum += ended;
    squares += ended * ended;
  }
  const double mean = sum / batches;
  if (mean <= 0) return {};
  const double variance = std::max(0.0, (squares - sum * mean) / (batches - 1));
  return student_t * std::sqrt(variance / batches) / mean;
}

}  // namespace sweetspot::loadgen
