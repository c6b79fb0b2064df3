#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tuner/time.hpp"

namespace sweetspot::tuner {

// The bucket layout that every latency histogram shares, so that counts kept elsewhere (a
// worker's atomic counters) can be merged by index. Log-linear: 64 buckets an octave, hence a
// relative error of at most 1/128; from 1 us to about an hour, clamped at both ends.
struct Buckets {
  static constexpr std::size_t count = 2048;
  static constexpr std::uint64_t first_ns = 1000;  // the lower end of the first octave
  static constexpr std::uint64_t per_octave = 64;
  static constexpr std::uint64_t octaves = count / per_octave;

  // In the header, and without a division by what is no constant, for each request asks it.
  static std::size_t index(Duration latency) {
    constexpr std::uint64_t span = (first_ns << octaves) - first_ns;
    const auto ns = static_cast<std::uint64_t>(latency.count());
    if (ns - first_ns >= span)
      return latency < Duration(static_cast<Duration::rep>(first_ns)) ? 0 : count - 1;
    // first_ns has ten bits, so its multiple by 2^power is the last that can be at or below ns.
    const auto power = static_cast<unsigned>(std::bit_width(ns) - std::bit_width(first_ns));
    const unsigned octave = power - (ns < (first_ns << power) ? 1 : 0);
    // Within its octave, (ns - base) * per_octave / base with base = first_ns << octave.
    return octave * per_octave + ((ns * per_octave) >> octave) / first_ns - per_octave;
  }
  static Duration lower(std::size_t index);
  static Duration upper(std::size_t index);
};

// A mergeable latency histogram. A value; not thread-safe. Empty ones own no memory.
class Histogram {
 public:
  void record(Duration latency, std::uint64_t times = 1);
  void add_bucket(std::size_t index, std::uint64_t times);  // as counted elsewhere, same layout
  void merge(const Histogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

  // q in 0..1. Zero where empty. Relative error at most 1 %.
  Duration quantile(double q) const;

  // The quantile's sampling interval at `sigmas` standard errors, by the order statistics of a
  // binomial (rank n*q +- sigmas * sqrt(n*q*(1-q))).
  struct Interval {
    Duration low, high;
  };
  Interval quantile_interval(double q, double sigmas) const;

  Duration mean() const;
  double squared_variation() const;              // CV^2 = variance / mean^2; 0 where undefined
  double share_above(Duration threshold) const;  // 0..1
  std::uint64_t at(std::size_t index) const { return counts_.empty() ? 0 : counts_[index]; }

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
};

}  // namespace sweetspot::tuner
