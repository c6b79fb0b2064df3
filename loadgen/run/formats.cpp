#include "loadgen/run/formats.hpp"

#include <algorithm>

#include "loadgen/text/format.hpp"
#include "loadgen/text/markup.hpp"

namespace sweetspot::loadgen {
namespace {

using Count = unsigned long long;

}  // namespace

std::string format_run_markdown(const RunResult& result, const RunOptions& options) {
  std::string text = "| figure | value |\n|---|---:|\n";
  text += format("| target | %s |\n", name_of(options.target).c_str());
  text += format("| requests | %llu |\n", static_cast<Count>(result.outcome.tally.requests()));
  const Figures figures = figures_of(result.outcome);
  for (const auto* name :
       {"throughput", "errors", "mean", "p50", "p90", "p95", "p99", "p999", "max"}) {
    if (const auto found = figures.find(name); found != figures.end()) {
      text += format("| %s | %s |\n", name, format_figure(name, found->second).c_str());
    }
  }
  for (const Doubt& doubt : result.doubts)
    text += format("| doubt: %s | %s |\n", doubt.reason.c_str(), doubt.sentence.c_str());
  if (result.thresholds.empty()) return text;
  text += "\n| threshold | value | |\n|---|---:|---|\n";
  for (const Judged& judged : result.thresholds) {
    const std::string value =
        judged.value ? format_figure(judged.threshold.figure, *judged.value) : "not measured";
    text += format("| %s | %s | %s |\n", judged.threshold.text.c_str(), value.c_str(),
                   judged.held ? "held" : "**broken**");
  }
  return text;
}

std::string format_run_junit(const RunResult& result, const RunOptions& options) {
  std::string cases;
  std::size_t failures = 0;
  const auto add = [&](const std::string& name, const std::string& failure) {
    cases += "  <testcase classname=\"" + escaped(name_of(options.target)) + "\" name=\"" +
             escaped(name) + "\"";
    if (failure.empty()) {
      cases += "/>\n";
      return;
    }
    ++failures;
    cases += ">\n    <failure message=\"" + escaped(failure) + "\"/>\n  </testcase>\n";
  };
  for (const Judged& judged : result.thresholds) {
    add(judged.threshold.text,
        judged.held    ? ""
        : judged.value ? "it is " + format_figure(judged.threshold.figure, *judged.value)
                       : "it was not measured");
  }
  if (result.thresholds.empty()) {
    add("answers", result.outcome.tally.success_count() > 0 ? "" : "there was no success");
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
         format("<testsuite name=\"sweetspot-load run\" tests=\"%zu\" failures=\"%zu\">\n",
                std::max<std::size_t>(result.thresholds.size(), 1), failures) +
         cases + "</testsuite>\n";
}

std::string format_run_prometheus(const RunResult& result) {
  const engine::Tally& tally = result.outcome.tally;
  const tuner::Histogram successes = tally.successes();
  std::string text = "# TYPE sweetspot_load_throughput gauge\n";
  text += format("sweetspot_load_throughput %.6g\n", summarize(result.outcome).throughput);
  text += "# TYPE sweetspot_load_requests_total counter\n";
  for (std::size_t i = 0; i < engine::answer_count; ++i) {
    text += format("sweetspot_load_requests_total{outcome=\"%s\"} %llu\n",
                   std::string(to_string(static_cast<engine::Answer>(i))).c_str(),
                   static_cast<Count>(tally.answers[i].count()));
  }
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    text += format("sweetspot_load_requests_total{outcome=\"%s\"} %llu\n",
                   std::string(to_string(static_cast<engine::Error>(i))).c_str(),
                   static_cast<Count>(tally.errors[i]));
  }
  text += "# TYPE sweetspot_load_latency_seconds summary\n";
  for (const double q : {0.5, 0.9, 0.95, 0.99, 0.999}) {
    text += format("sweetspot_load_latency_seconds{quantile=\"%g\"} %.6g\n", q,
                   tuner::seconds(successes.quantile(q)));
  }
  text += format("sweetspot_load_latency_seconds_sum %.6g\n", tuner::seconds(tally.success_time));
  text +=
      format("sweetspot_load_latency_seconds_count %llu\n", static_cast<Count>(successes.count()));
  return text;
}

}  // namespace sweetspot::loadgen
