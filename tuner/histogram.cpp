#include "tuner/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::tuner {

namespace {

constexpr std::uint64_t per_octave = Buckets::per_octave;

std::uint64_t lower_ns(std::size_t index) {
  const std::uint64_t base = Buckets::first_ns << (index / per_octave);
  const std::uint64_t sub = index % per_octave;
  return base + (base * sub + per_octave - 1) / per_octave;
}

double middle_ns(std::size_t index) {
  return static_cast<double>(lower_ns(index) + lower_ns(index + 1)) / 2;
}

std::uint64_t rank_at(double rank, std::uint64_t count) {
  return static_cast<std::uint64_t>(std::clamp(std::ceil(rank), 1.0, static_cast<double>(count)));
}

}  // namespace

Duration Buckets::lower(std::size_t index) {
  return Duration(static_cast<Duration::rep>(lower_ns(std::min(index, count - 1))));
}

Duration Buckets::upper(std::size_t index) {
  return Duration(static_cast<Duration::rep>(lower_ns(std::min(index, count - 1) + 1)));
}

void Histogram::record(Duration latency, std::uint64_t times) {
  add_bucket(Buckets::index(latency), times);
}

void Histogram::add_bucket(std::size_t index, std::uint64_t times) {
  if (times == 0 || index >= Buckets::count) return;
  if (counts_.empty()) counts_.resize(Buckets::count);
  counts_[index] += times;
  count_ += times;
}

void Histogram::merge(const Histogram& other) {
  if (other.empty()) return;
  if (counts_.empty()) {
    *this = other;
    return;
  }
  for (std::size_t i = 0; i < Buckets::count; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
}

void Histogram::clear() {
  counts_.clear();
  count_ = 0;
}

Duration Histogram::quantile(double q) const { return quantile_interval(q, 0).low; }

Histogram::Interval Histogram::quantile_interval(double q, double sigmas) const {
  if (empty()) return {};
  const double n = static_cast<double>(count_);
  const double spread = sigmas * std::sqrt(n * q * (1 - q));
  const std::uint64_t low = rank_at(n * q - spread, count_);
  const std::uint64_t high = rank_at(n * q + spread, count_);
  Interval found;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < Buckets::count; ++i) {
    if (counts_[i] == 0) continue;
    const Duration middle(static_cast<Duration::rep>(middle_ns(i)));
    if (seen < low) found.low = middle;
    if (seen < high) found.high = middle;
    seen += counts_[i];
    if (seen >= high) break;
  }
  return found;
}

Duration Histogram::mean() const {
  if (empty()) return {};
  double sum = 0;
  for (std::size_t i = 0; i < Buckets::count; ++i) {
    if (counts_[i] != 0) sum += static_cast<double>(counts_[i]) * middle_ns(i);
  }
  return Duration(static_cast<Duration::rep>(sum / static_cast<double>(count_)));
}

double Histogram::squared_variation() const {
  if (count_ < 2) return 0;
  const double mean_ns = static_cast<double>(mean().count());
  double squares = 0;
  for (std::size_t i = 0; i < Buckets::count; ++i) {
    if (counts_[i] == 0) continue;
    const double relative = middle_ns(i) / mean_ns - 1;
    squares += static_cast<double>(counts_[i]) * relative * relative;
  }
  return squares / static_cast<double>(count_ - 1);
}

double Histogram::share_above(Duration threshold) const {
  if (empty()) return 0;
  std::uint64_t above = 0;
  for (std::size_t i = Buckets::index(threshold) + 1; i < Buckets::count; ++i) above += counts_[i];
  return static_cast<double>(above) / static_cast<double>(count_);
}

}  // namespace sweetspot::tuner
