#include <nlohmann/json.hpp>

#include "loadgen/run/report.hpp"

namespace sweetspot::loadgen {
namespace {

using nlohmann::ordered_json;
using tuner::milliseconds;

// Everything that a reader needs to merge it with another: the counts of the shared buckets.
ordered_json json_of(const tuner::Histogram& histogram) {
  const auto at = [&histogram](double q) { return milliseconds(histogram.quantile(q)); };
  auto buckets = ordered_json::array();
  for (std::size_t i = 0; i < tuner::Buckets::count; ++i) {
    if (histogram.at(i) > 0) buckets.push_back({i, histogram.at(i)});
  }
  return {{"count", histogram.count()},
          {"mean_ms", milliseconds(histogram.mean())},
          {"p50_ms", at(0.5)},
          {"p99_ms", at(0.99)},
          {"max_ms", at(1)},
          {"buckets", buckets}};
}

ordered_json latencies(const engine::Tally& tally) {
  auto json = ordered_json::object();
  for (std::size_t i = 0; i < engine::answer_count; ++i) {
    if (tally.answers[i].empty()) continue;
    json[std::string(to_string(static_cast<engine::Answer>(i)))] = json_of(tally.answers[i]);
  }
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    if (tally.error_times[i].empty()) continue;
    json[std::string(to_string(static_cast<engine::Error>(i)))] = json_of(tally.error_times[i]);
  }
  return json;
}

ordered_json interval(const tuner::Histogram& histogram, double q, double sigmas) {
  const auto [low, high] = histogram.quantile_interval(q, sigmas);
  return ordered_json::array({milliseconds(low), milliseconds(high)});
}

ordered_json open_loop(const engine::Tally& tally, const RunOptions& options) {
  if (!options.rate) return nullptr;
  const auto at = [&tally](double q) { return milliseconds(tally.uncorrected.quantile(q)); };
  return {{"rate", *options.rate},
          {"sent", tally.sent},
          {"late", tally.late},
          {"waited", tally.waited},
          {"dropped", tally.dropped},
          {"unsent", tally.unsent},
          {"uncorrected_p50_ms", at(0.5)},
          {"uncorrected_p90_ms", at(0.9)},
          {"uncorrected_p99_ms", at(0.99)},
          {"uncorrected_p999_ms", at(0.999)},
          {"uncorrected_max_ms", at(1)},
          {"uncorrected", json_of(tally.uncorrected)}};
}

ordered_json json_of(const TargetUse& use) {
  return {{"threads", use.threads},
          {"cpu", use.cpu},
          {"resident_bytes", use.resident_bytes},
          {"switches_per_request", use.switches_per_request}};
}

ordered_json json_of(const std::vector<NamedPart>& parts) {
  auto json = ordered_json::array();
  for (const auto& [name, part, duration_s] : parts) {
    const std::uint64_t successes = part->successes.count();
    json.push_back(
        {{"name", name},
         {"requests", part->requests},
         {"successes", successes},
         {"duration_s", duration_s},
         {"throughput", duration_s > 0 ? static_cast<double>(successes) / duration_s : 0.0},
         {"p50_ms", milliseconds(part->successes.quantile(0.5))},
         {"p99_ms", milliseconds(part->successes.quantile(0.99))}});
  }
  return json;
}

}  // namespace

std::string format_run_json(const RunResult& result, const RunOptions& options) {
  const engine::Tally& tally = result.outcome.tally;
  const Summary summary = summarize(result.outcome);
  const tuner::Histogram successes = tally.successes();
  const auto at = [&successes](double q) { return milliseconds(successes.quantile(q)); };
  ordered_json json{
      {"schema", "sweetspot-load/run/1"},
      {"url", name_of(options.target)},
      {"connections", options.connections},
      {"connected", tally.connections},
      {"requests", summary.requests},
      {"successes", summary.successes},
      {"duration_s", summary.duration_s},
      {"throughput", summary.throughput},
      {"relative_ci", result.relative_ci ? ordered_json(*result.relative_ci) : ordered_json()},
      {"mean_ms", summary.mean_ms},
      {"p50_ms", at(0.5)},
      {"p75_ms", at(0.75)},
      {"p90_ms", at(0.9)},
      {"p95_ms", at(0.95)},
      {"p99_ms", at(0.99)},
      {"p999_ms", at(0.999)},
      {"max_ms", at(1)},
      {"p50_interval_ms", interval(successes, 0.5, result.scatter.p50)},
      {"p99_interval_ms", interval(successes, 0.99, result.scatter.p99)},
      {"scatter",
       {{"p50", result.scatter.p50}, {"p90", result.scatter.p90}, {"p99", result.scatter.p99}}},
      {"in_flight", summary.in_flight},
      {"unsent", tally.unsent},
      {"hung", summary.hung},
      {"bytes", tally.bytes},
      {"client_cpu", summary.client_cpu},
      {"client_load", result.outcome.client_load},
      {"interrupted", result.outcome.interrupted},
      {"status", ordered_json::object()},
      {"errors", ordered_json::object()}};
  for (std::size_t status = 0; status < tally.statuses.size(); ++status) {
    if (tally.statuses[status] > 0) json["status"][std::to_string(status)] = tally.statuses[status];
  }
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    json["errors"][std::string(to_string(static_cast<engine::Error>(i)))] = tally.errors[i];
  }
  json["causes"] = ordered_json::object();
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    if (tally.causes[i].empty()) continue;
    json["causes"][std::string(to_string(static_cast<engine::Error>(i)))] = tally.causes[i];
  }
  json["load"] = ordered_json::object();
  for (const auto& [name, words] : result.asked) json["load"][name] = words;
  json["stages"] = json_of(stages_of(result, options));
  json["targets"] = json_of(calls_of(result));
  json["open_loop"] = open_loop(tally, options);
  json["target"] = result.target ? json_of(*result.target) : ordered_json();
  json["latency"] = latencies(tally);
  json["unanswered"] = json_of(tally.unanswered);
  json["parts"] = {{"connect", json_of(tally.connect_times)},
                   {"first_byte", json_of(tally.first_bytes)}};
  json["thresholds"] = ordered_json::array();
  for (const Judged& judged : result.thresholds) {
    json["thresholds"].push_back(
        {{"threshold", judged.threshold.text},
         {"value", judged.value ? ordered_json(*judged.value) : ordered_json()},
         {"held", judged.held}});
  }
  json["doubts"] = ordered_json::array();
  for (const Doubt& doubt : result.doubts)
    json["doubts"].push_back({{"reason", doubt.reason}, {"sentence", doubt.sentence}});
  return json.dump(2) + "\n";
}

}  // namespace sweetspot::loadgen
