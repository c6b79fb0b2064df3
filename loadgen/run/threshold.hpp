#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/platform/units.hpp"

namespace sweetspot::loadgen {

// A measurement by name: latencies (`mean`, `p50` … `p999`, `max`) in seconds, `throughput` in
// successes a second, `errors` as the share 0..1 of requests that were no success, `unsent` as that
// of those that were due in an open loop and never sent.
using Figures = std::map<std::string, double, std::less<>>;

// What a figure has to keep: `p99<50ms`, `errors<=1%`, `throughput>=500`.
struct Threshold {
  std::string text{};  // as it was given
  std::string figure{};
  bool is_upper = true;       // the figure has to be below the bound
  bool is_inclusive = false;  // and may be equal to it
  double bound = 0;

  // A figure that was not measured keeps nothing.
  bool holds(const Figures& figures) const;
};

platform::Parsed<Threshold> parse_threshold(std::string_view text);

// The same, but as a goal of service, which is a latency or `errors`: `p99=50ms` means at most
// that.
platform::Parsed<Threshold> parse_slo(std::string_view text);

struct Judged {
  Threshold threshold;
  std::optional<double> value;  // in the figure's unit
  bool held = false;
};
std::vector<Judged> judge(const std::vector<Threshold>& thresholds, const Figures& figures);

// A value in the figure's unit as people write it: `12.5 ms`, `0.4 %`, `520.3/s`.
std::string format_figure(std::string_view figure, double value);

}  // namespace sweetspot::loadgen
