#include "loadgen/run/threshold.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

constexpr std::string_view latencies[] = {"mean", "p50", "p75", "p90", "p95", "p99", "p999", "max"};

bool is_latency(std::string_view figure) {
  return std::find(std::begin(latencies), std::end(latencies), figure) != std::end(latencies);
}

bool is_share(std::string_view figure) { return figure == "errors" || figure == "unsent"; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0)) return {};
  return number;
}

// The bound in the figure's unit.
std::optional<double> bound_of(std::string_view figure, std::string_view text) {
  if (is_latency(figure)) {
    const auto duration = platform::parse_duration(text);
    if (!duration) return {};
    return std::chrono::duration<double>(*duration).count();
  }
  if (figure == "throughput") return number_in(text);
  if (!is_share(figure)) return {};
  const bool is_percent = text.ends_with('%');
  const auto number = number_in(is_percent ? trimmed(text.substr(0, text.size() - 1)) : text);
  const double whole = is_percent ? 100 : 1;
  // Beyond the whole it could never be missed: whoever writes 5 means 5 %.
  return number && *number <= whole ? std::optional(*number / whole) : std::nullopt;
}

// Marks: what may stand between figure and bound. Excluded: figures that have no sense there.
platform::Parsed<Threshold> parse(std::string_view text, std::string_view marks,
                                  std::initializer_list<std::string_view> excluded,
                                  const char* allowed) {
  const auto at = text.find_first_of(marks);
  Threshold threshold{.text = std::string(text)};
  if (at != std::string_view::npos) {
    threshold.figure = trimmed(text.substr(0, at));
    threshold.is_upper = text[at] != '>';
    const bool doubled = at + 1 < text.size() && text[at] != '=' && text[at + 1] == '=';
    threshold.is_inclusive = doubled || text[at] == '=';
    const auto bound = bound_of(threshold.figure, trimmed(text.substr(at + (doubled ? 2 : 1))));
    const bool is_excluded =
        std::find(excluded.begin(), excluded.end(), threshold.figure) != excluded.end();
    if (bound && !is_excluded) {
      threshold.bound = *bound;
      return {threshold, {}};
    }
  }
  return {{}, format("\"%s\" is not valid; allowed is %s", std::string(text).c_str(), allowed)};
}

}  // namespace

bool Threshold::holds(const Figures& figures) const {
  const auto found = figures.find(figure);
  if (found == figures.end()) return false;
  const double value = found->second;
  if (value == bound) return is_inclusive;
  return is_upper ? value < bound : value > bound;
}

platform::Parsed<Threshold> parse_threshold(std::string_view text) {
  return parse(text, "<>", {},
               "FIGURE<BOUND, also <=, >, >=, with mean, p50, p75, p90, p95, p99, p999, max "
               "(50ms), errors, unsent (1% or 0.01), throughput (500)");
}

platform::Parsed<Threshold> parse_slo(std::string_view text) {
  return parse(
      text, "=", {"throughput", "unsent"},
      "FIGURE=BOUND with mean, p50, p75, p90, p95, p99, p999, max (50ms), errors (1% or 0.01)");
}

std::vector<Judged> judge(const std::vector<Threshold>& thresholds, const Figures& figures) {
  std::vector<Judged> judged;
  for (const Threshold& threshold : thresholds) {
    const auto found = figures.find(threshold.figure);
    judged.push_back({threshold,
                      found == figures.end() ? std::nullopt : std::optional(found->second),
                      threshold.holds(figures)});
  }
  return judged;
}

std::string format_figure(std::string_view figure, double value) {
  if (is_latency(figure)) return format("%.3f ms", 1e3 * value);
  if (is_share(figure)) return format("%.3f %%", 100 * value);
  return format("%.1f/s", value);
}

}  // namespace sweetspot::loadgen
