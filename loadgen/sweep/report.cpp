#include "loadgen/sweep/report.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "loadgen/knee/report.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using nlohmann::ordered_json;
using tuner::milliseconds;
using Count = unsigned long long;

std::string threads_of(const Level& level, const char* absent) {
  return level.threads ? std::to_string(*level.threads) : absent;
}

template <class T>
ordered_json or_null(const std::optional<T>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json target_json(const Level& level) {
  if (!level.target) return nullptr;
  return {{"cpu", level.target->cpu},
          {"resident_bytes", level.target->resident_bytes},
          {"switches_per_request", level.target->switches_per_request}};
}

ordered_json json_of(const Level& level) {
  return {{"pool_size", level.pool_size},
          {"throughput", level.throughput},
          {"p50_ms", milliseconds(level.p50)},
          {"p99_ms", milliseconds(level.p99)},
          {"mean_ms", milliseconds(level.mean)},
          {"threads", or_null(level.threads)},
          {"valid", level.valid},
          {"invalid", level.valid ? ordered_json() : ordered_json(level.invalid)},
          {"in_flight_ratio", level.in_flight_ratio},
          {"relative_ci", or_null(level.relative_ci)},
          {"requests", level.requests},
          {"failures", level.failures},
          {"connections", level.connections},
          {"client_cpu", level.client_cpu},
          {"target", target_json(level)}};
}

ordered_json json_of(const std::vector<Level>& levels) {
  auto array = ordered_json::array();
  for (const Level& level : levels) array.push_back(json_of(level));
  return array;
}

std::string extra_columns(const Level& level, const Level* before) {
  const std::string gain =
      before && before->throughput > 0
          ? format("%+.1f %%", 100 * (level.throughput / before->throughput - 1))
          : "-";
  const std::string ci = level.relative_ci ? format("%.1f %%", 100 * *level.relative_ci) : "-";
  std::string text =
      format(" %9s %8s %8llu %9.2f %7.0f %%", gain.c_str(), ci.c_str(),
             static_cast<Count>(level.failures), level.in_flight_ratio, 100 * level.client_cpu);
  if (!level.target) return text + format(" %9s %9s %9s", "-", "-", "-");
  return text + format(" %7.0f %% %9.1f %9.2f", 100 * level.target->cpu,
                       static_cast<double>(level.target->resident_bytes) / (1024 * 1024),
                       level.target->switches_per_request);
}

std::string format_votes(const std::vector<Vote>& votes) {
  std::string text;
  for (const Vote& vote : votes) {
    const std::string size = vote.size ? format("%.0f", *vote.size) : "-";
    text += format("  %-13s %6s  %s\n", vote.detector.c_str(), size.c_str(), vote.note.c_str());
  }
  return text.empty() ? text : "what other detectors see in the same curve\n" + text;
}

}  // namespace

std::string invalid_words(const Level& level) {
  if (level.invalid == "no_success") return "no success";
  if (level.invalid == "errors") {
    return format("%.1f %% failed", 100.0 * static_cast<double>(level.failures) /
                                        static_cast<double>(level.requests));
  }
  if (level.invalid == "connections") {
    return format("%llu connections brought an answer", static_cast<Count>(level.connections));
  }
  if (level.invalid == "client_cpu") return format("client CPU %.0f %%", 100 * level.client_cpu);
  return format("%.2f of it in flight", level.in_flight_ratio);
}

std::string format_table_head(bool wide) {
  std::string head =
      format("%9s %12s %10s %10s %8s", "pool size", "throughput", "p50", "p99", "threads");
  if (wide) {
    head += format(" %9s %8s %8s %9s %9s %9s %9s %9s", "gain", "± CI", "errors", "in flight",
                   "client", "target", "RSS MiB", "switches");
  }
  return head + "\n";
}

std::string format_table_row(const Level& level, bool wide, const Level* before) {
  const std::string notes =
      (level.valid ? "" : "  INVALID: " + invalid_words(level)) +
      (level.failures == 0 || wide ? ""
                                   : format("  %llu failures", static_cast<Count>(level.failures)));
  return format("%9d %10.1f/s %7.2f ms %7.2f ms %8s", level.pool_size, level.throughput,
                milliseconds(level.p50), milliseconds(level.p99), threads_of(level, "-").c_str()) +
         (wide ? extra_columns(level, before) : "") + notes + "\n";
}

std::string format_part(Part part) {
  switch (part) {
    case Part::ladder:
      return {};
    case Part::repeat:
      return "once more, all times together\n";
    case Part::refinement:
      return "between the steps around the sweet spot\n";
    case Part::confirmation:
      break;
  }
  return "confirmation\n";
}

std::string format_table_foot(const Curve& curve, tuner::Objective objective) {
  const bool invalid = std::any_of(curve.levels.begin(), curve.levels.end(),
                                   [](const Level& level) { return !level.valid; });
  std::string text = "\n";
  if (curve.interrupted) text += "interrupted; judged by the levels above\n";
  if (invalid) text += "invalid levels are not judged\n";
  if (curve.confirmation) {
    text += curve.confirmed ? "confirmed by a longer run\n" : "not confirmed by a longer run\n";
  }
  text += format_votes(curve.votes);
  if (!curve.stop.reason.empty()) {
    text += "stopped: " + curve.stop.reason;
    if (curve.stop.sentence != curve.knee.sentence) text += ": " + curve.stop.sentence;
    text += "\n";
  }
  return text + format_knee(curve.knee, objective);
}

std::string format_sweep_json(const Curve& curve, const SweepOptions& options) {
  ordered_json json{
      {"schema", "sweetspot-load/sweep/1"},
      {"url", name_of(options.target)},
      {"via", options.via.address.empty() ? ordered_json() : ordered_json(options.via.address)},
      {"objective", std::string(to_string(options.objective))},
      {"interrupted", curve.interrupted},
      {"levels", json_of(curve.levels)},
      {"refinement", json_of(curve.refinement)}};
  json["confirmation"] = curve.confirmation ? json_of(*curve.confirmation) : ordered_json();
  json["confirmed"] = curve.confirmation ? ordered_json(curve.confirmed) : ordered_json();
  json["knee"] = {{"sweet_spot", or_null(curve.knee.sweet_spot)},
                  {"low", curve.knee.low},
                  {"high", curve.knee.high},
                  {"confidence", curve.knee.confidence},
                  {"reason", curve.knee.reason},
                  {"sentence", curve.knee.sentence}};
  json["stop"] = {{"reason", curve.stop.reason}, {"sentence", curve.stop.sentence}};
  json["votes"] = ordered_json::array();
  for (const Vote& vote : curve.votes) {
    json["votes"].push_back(
        {{"detector", vote.detector}, {"size", or_null(vote.size)}, {"note", vote.note}});
  }
  return json.dump(2) + "\n";
}

std::string format_sweep_csv(const Curve& curve) {
  std::string text =
      "pool_size,throughput,p50_ms,p99_ms,threads,valid,relative_ci,failures,in_flight_ratio,"
      "client_cpu,target_cpu,resident_bytes,switches_per_request\n";
  for (const Level& level : curve.levels) {
    text += format("%d,%.3f,%.4f,%.4f,%s,%s,%s,%llu,%.4f,%.4f,", level.pool_size, level.throughput,
                   milliseconds(level.p50), milliseconds(level.p99), threads_of(level, "").c_str(),
                   level.valid ? "true" : "false",
                   level.relative_ci ? format("%.5f", *level.relative_ci).c_str() : "",
                   static_cast<Count>(level.failures), level.in_flight_ratio, level.client_cpu);
    text += level.target ? format("%.4f,%llu,%.3f\n", level.target->cpu,
                                  static_cast<Count>(level.target->resident_bytes),
                                  level.target->switches_per_request)
                         : ",,\n";
  }
  return text;
}

}  // namespace sweetspot::loadgen
