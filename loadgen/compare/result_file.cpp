#include "loadgen/compare/result_file.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "loadgen/text/user_file.hpp"

namespace sweetspot::loadgen {
namespace {

using json = nlohmann::ordered_json;  // `load` is read in its order

tuner::Histogram histogram_of(const json& object) {
  tuner::Histogram histogram;
  for (const auto& pair : object.at("buckets")) {
    histogram.add_bucket(pair.at(0).get<std::size_t>(), pair.at(1).get<std::uint64_t>());
  }
  return histogram;
}

engine::Tally tally_of(const json& object) {
  engine::Tally tally;
  const json& latency = object.at("latency");
  for (std::size_t i = 0; i < engine::answer_count; ++i) {
    const std::string name(to_string(static_cast<engine::Answer>(i)));
    if (latency.contains(name)) tally.answers[i] = histogram_of(latency.at(name));
  }
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    const std::string name(to_string(static_cast<engine::Error>(i)));
    if (latency.contains(name)) tally.error_times[i] = histogram_of(latency.at(name));
    tally.errors[i] = object.at("errors").value(name, std::uint64_t{0});
    if (object.contains("causes")) tally.causes[i] = object.at("causes").value(name, "");
  }
  if (object.contains("unanswered")) tally.unanswered = histogram_of(object.at("unanswered"));
  if (object.contains("parts")) {
    tally.connect_times = histogram_of(object.at("parts").at("connect"));
    tally.first_bytes = histogram_of(object.at("parts").at("first_byte"));
  }
  for (const auto& [status, count] : object.at("status").items()) {
    const auto number = static_cast<std::size_t>(std::stoul(status));
    if (number < tally.statuses.size()) tally.statuses[number] = count.get<std::uint64_t>();
  }
  tally.success_time = tuner::from_seconds(object.at("mean_ms").get<double>() / 1e3 *
                                           static_cast<double>(tally.success_count()));
  tally.service_time = tuner::from_seconds(object.at("in_flight").get<double>() *
                                           object.at("duration_s").get<double>());
  tally.bytes = object.at("bytes");
  tally.unsent = object.at("unsent");
  tally.connections = object.value("connected", std::uint64_t{0});
  if (const json& open = object.at("open_loop"); !open.is_null()) {
    tally.sent = open.at("sent");
    tally.late = open.at("late");
    tally.waited = open.at("waited");
    tally.dropped = open.at("dropped");
    if (open.contains("uncorrected")) tally.uncorrected = histogram_of(open.at("uncorrected"));
  }
  return tally;
}

// Of a result without it, what else is told.
Asked asked_of(const json& object, const RunOptions& options) {
  if (!object.contains("load"))
    return {{"target", options.target.url},
            {"connections", std::to_string(options.connections)},
            {"rate", words_of_rate(options.rate)}};
  Asked asked;
  for (const auto& [name, words] : object.at("load").items()) asked.emplace_back(name, words);
  return asked;
}

void set(Asked& asked, std::string_view name, std::string words) {
  for (auto& [known, value] : asked)
    if (known == name) value = std::move(words);
}

SavedRun run_of(const json& object) {
  SavedRun run;
  run.options.target.url = object.at("url");
  run.options.connections = object.at("connections");
  if (const json& open = object.at("open_loop"); !open.is_null())
    run.options.rate = open.at("rate");
  run.result.asked = asked_of(object, run.options);
  run.result.outcome.tally = tally_of(object);
  run.result.outcome.measured = tuner::from_seconds(object.at("duration_s"));
  run.result.outcome.client_cpu = tuner::from_seconds(object.at("client_cpu").get<double>() *
                                                      object.at("duration_s").get<double>());
  run.result.outcome.client_load = object.value("client_load", 0.0);
  run.result.outcome.interrupted = object.at("interrupted");
  for (const json& doubt : object.value("doubts", json::array()))
    run.result.doubts.push_back({doubt.at("reason"), doubt.at("sentence")});
  if (object.contains("scatter")) {
    const json& scatter = object.at("scatter");
    run.result.scatter = {scatter.at("p50"), scatter.at("p90"), scatter.at("p99")};
  }
  if (!object.at("relative_ci").is_null())
    run.result.relative_ci = object.at("relative_ci").get<double>();
  return run;
}

}  // namespace

platform::Parsed<SavedRun> read_run(const std::string& file) {
  const auto content = content_of(file);
  if (!content) return {{}, content.error};
  const json object = json::parse(*content, nullptr, false);
  if (!object.is_object() || object.value("schema", "") != "sweetspot-load/run/1") {
    return {{}, "\"" + file + "\" is not a result; allowed is what run --output json wrote"};
  }
  try {
    return {run_of(object), {}};
  } catch (const std::exception& error) {  // of json and stoul: a file that somebody has edited
    return {{}, "\"" + file + "\" is not a result: " + error.what()};
  }
}

void merge(SavedRun& into, const SavedRun& other) {
  engine::Outcome& outcome = into.result.outcome;
  const double rate = summarize(outcome).throughput,
               more = summarize(other.result.outcome).throughput;
  if (into.result.relative_ci && other.result.relative_ci && rate + more > 0) {
    into.result.relative_ci =
        std::hypot(*into.result.relative_ci * rate, *other.result.relative_ci * more) /
        (rate + more);
  } else {
    into.result.relative_ci.reset();
  }
  Scatter& scatter = into.result.scatter;
  scatter.p50 = std::max(scatter.p50, other.result.scatter.p50);
  scatter.p90 = std::max(scatter.p90, other.result.scatter.p90);
  scatter.p99 = std::max(scatter.p99, other.result.scatter.p99);
  outcome.tally.merge(other.result.outcome.tally);
  outcome.measured = std::max(outcome.measured, other.result.outcome.measured);
  outcome.client_cpu += other.result.outcome.client_cpu;
  outcome.client_load = std::max(outcome.client_load, other.result.outcome.client_load);
  const auto& doubts = other.result.doubts;
  into.result.doubts.insert(into.result.doubts.end(), doubts.begin(), doubts.end());
  outcome.interrupted = outcome.interrupted || other.result.outcome.interrupted;
  into.options.connections += other.options.connections;
  if (into.options.rate && other.options.rate) {
    *into.options.rate += *other.options.rate;
  } else {
    into.options.rate.reset();
  }
  set(into.result.asked, "connections", std::to_string(into.options.connections));
  set(into.result.asked, "rate", words_of_rate(into.options.rate));
}

}  // namespace sweetspot::loadgen
