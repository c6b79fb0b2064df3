#include "loadgen/sweep_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "loadgen/format.hpp"
#include "loadgen/knee_report.hpp"

namespace sweetspot::loadgen {
namespace {

using nlohmann::ordered_json;
using tuner::milliseconds;

std::string threads_of(const Level& level, const char* absent) {
  return level.threads ? std::to_string(*level.threads) : absent;
}

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json json_of(const Level& level) {
  return {{"pool_size", level.pool_size},
          {"throughput", level.throughput},
          {"p50_ms", milliseconds(level.p50)},
          {"p99_ms", milliseconds(level.p99)},
          {"mean_ms", milliseconds(level.mean)},
          {"threads", or_null(level.threads)},
          {"valid", level.valid},
          {"in_flight_ratio", level.in_flight_ratio},
          {"relative_ci", or_null(level.relative_ci)},
          {"requests", level.requests},
          {"failures", level.failures}};
}

}  // namespace

std::string format_table_head() {
  return format("%9s %12s %10s %10s %8s\n", "pool size", "throughput", "p50", "p99", "threads");
}

std::string format_table_row(const Level& level) {
  const std::string notes =
      (level.valid ? ""
                   : format("  INVALID: %.2f of the clients in flight", level.in_flight_ratio)) +
      (level.failures == 0 ? ""
                           : format("  %llu failures", static_cast<unsigned long long>(level.failures)));
  return format("%9d %10.1f/s %7.2f ms %7.2f ms %8s%s\n", level.pool_size, level.throughput,
                milliseconds(level.p50), milliseconds(level.p99), threads_of(level, "-").c_str(),
                notes.c_str());
}

std::string format_table_foot(const Curve& curve, tuner::Objective objective) {
  const bool invalid = std::any_of(curve.levels.begin(), curve.levels.end(),
                                   [](const Level& level) { return !level.valid; });
  return std::string("\n") + (curve.interrupted ? "interrupted; judged by the levels above\n" : "") +
         (invalid ? "invalid levels are not judged\n" : "") + format_knee(curve.knee, objective);
}

std::string format_sweep_json(const Curve& curve, const SweepOptions& options) {
  ordered_json json{{"url", options.target.url},
                    {"objective", std::string(to_string(options.objective))},
                    {"interrupted", curve.interrupted},
                    {"levels", ordered_json::array()}};
  for (const Level& level : curve.levels) json["levels"].push_back(json_of(level));
  json["knee"] = {{"sweet_spot", or_null(curve.knee.sweet_spot)},
                  {"low", curve.knee.low},
                  {"high", curve.knee.high},
                  {"confidence", curve.knee.confidence},
                  {"reason", curve.knee.reason},
                  {"sentence", curve.knee.sentence}};
  return json.dump(2) + "\n";
}

std::string format_sweep_csv(const Curve& curve) {
  std::string text = "pool_size,throughput,p50_ms,p99_ms,threads,valid\n";
  for (const Level& level : curve.levels) {
    text += format("%d,%.3f,%.4f,%.4f,%s,%s\n", level.pool_size, level.throughput,
                   milliseconds(level.p50), milliseconds(level.p99), threads_of(level, "").c_str(),
                   level.valid ? "true" : "false");
  }
  return text;
}

}  // namespace sweetspot::loadgen
