#include "loadgen/run/report.hpp"

#include <algorithm>

#include "loadgen/run/compat.hpp"
#include "loadgen/run/formats.hpp"
#include "loadgen/run/hdr.hpp"
#include "loadgen/run/hung.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using engine::Outcome;
using Count = unsigned long long;

template <class Visit>
void for_each_error(const Outcome& outcome, Visit visit) {
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    visit(std::string(to_string(static_cast<engine::Error>(i))), outcome.tally.errors[i]);
  }
}

std::string format_csv(const Outcome& outcome) {
  const Summary summary = summarize(outcome);
  const tuner::Histogram successes = outcome.tally.successes();
  const auto at = [&successes](double q) { return tuner::milliseconds(successes.quantile(q)); };
  std::string names = "requests,successes,duration_s,throughput,mean_ms,p50_ms,p90_ms,p99_ms";
  std::string values =
      format("%llu,%llu,%.6f,%.3f,%.4f,%.4f,%.4f,%.4f", static_cast<Count>(summary.requests),
             static_cast<Count>(summary.successes), summary.duration_s, summary.throughput,
             summary.mean_ms, at(0.5), at(0.9), at(0.99));
  for_each_error(outcome, [&](const std::string& error, std::uint64_t count) {
    names.append(",").append(error);
    values.append(",").append(std::to_string(count));
  });
  return names + "\n" + values + "\n";
}

}  // namespace

bool RunResult::is_broken() const {
  return std::any_of(thresholds.begin(), thresholds.end(),
                     [](const Judged& judged) { return !judged.held; });
}

std::string why_no_success(const engine::Tally& tally) {
  if (tally.requests() == 0) return "no request came to its end in the time that was measured";
  std::string text = "there was no success:";
  std::uint64_t errors = 0;
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    if (tally.errors[i] == 0) continue;
    errors += tally.errors[i];
    text += format(" %llu times ", static_cast<Count>(tally.errors[i]));
    text += to_string(static_cast<engine::Error>(i));
    if (!tally.causes[i].empty()) text += " (" + tally.causes[i] + ")";
  }
  const std::uint64_t refusals = tally.requests() - errors;
  return refusals == 0 ? text
                       : text + format(" %llu answers that say no", static_cast<Count>(refusals));
}

Summary summarize(const Outcome& outcome) {
  Summary summary;
  summary.requests = outcome.tally.requests();
  summary.successes = outcome.tally.success_count();
  summary.duration_s = tuner::seconds(outcome.measured);
  if (summary.successes > 0) {
    summary.mean_ms =
        tuner::milliseconds(outcome.tally.success_time) / static_cast<double>(summary.successes);
  }
  if (summary.duration_s > 0) {
    summary.throughput = static_cast<double>(summary.successes) / summary.duration_s;
    summary.in_flight = tuner::seconds(outcome.tally.service_time) / summary.duration_s;
    summary.client_cpu = tuner::seconds(outcome.client_cpu) / summary.duration_s;
  }
  summary.hung = hung_in(outcome.tally);
  return summary;
}

std::uint64_t attempts_of(const Summary& summary) { return summary.requests + summary.hung; }

std::uint64_t failures_of(const Summary& summary) {
  return attempts_of(summary) - summary.successes;
}

Figures figures_of(const Outcome& outcome) {
  const Summary summary = summarize(outcome);
  Figures figures{{"throughput", summary.throughput}};
  if (attempts_of(summary) > 0) {
    figures["errors"] =
        static_cast<double>(failures_of(summary)) / static_cast<double>(attempts_of(summary));
  }
  const engine::Tally& tally = outcome.tally;
  const std::uint64_t missed = tally.dropped + tally.unsent;
  if (tally.sent + missed > 0) {
    figures["unsent"] = static_cast<double>(missed) / static_cast<double>(tally.sent + missed);
  }
  if (summary.successes == 0) return figures;
  const tuner::Histogram successes = tally.successes();
  figures["mean"] = summary.mean_ms / 1e3;
  for (const auto& [name, q] : shown_quantiles) {
    figures[name == std::string_view("p99.9") ? "p999" : name] =
        tuner::seconds(successes.quantile(q));
  }
  return figures;
}

std::vector<NamedPart> stages_of(const RunResult& result, const RunOptions& options) {
  std::vector<NamedPart> named;
  const auto& parts = result.outcome.tally.stages;
  double left = tuner::seconds(result.outcome.measured);  // an interrupted run ends within a stage
  for (const Stage& stage : options.stages) {
    if (stage.length == Duration(0) || named.size() == parts.size()) continue;
    const double length = std::min(tuner::seconds(stage.length), std::max(left, 0.0));
    named.push_back({format("%s to %g", platform::format_duration(stage.length).c_str(), stage.to),
                     &parts[named.size()], length});
    left -= tuner::seconds(stage.length);
  }
  return named;
}

std::vector<NamedPart> calls_of(const RunResult& result) {
  std::vector<NamedPart> named;
  const auto& parts = result.outcome.tally.calls;
  for (std::size_t i = 0; i < std::min(parts.size(), result.calls.size()); ++i) {
    named.push_back({result.calls[i], &parts[i], tuner::seconds(result.outcome.measured)});
  }
  return named;
}

std::string format_run(const RunResult& result, const RunOptions& options) {
  switch (options.output) {
    case Output::json:
      return format_run_json(result, options);
    case Output::csv:
      return format_csv(result.outcome);
    case Output::markdown:
      return format_run_markdown(result, options);
    case Output::junit:
      return format_run_junit(result, options);
    case Output::prometheus:
      return format_run_prometheus(result);
    case Output::hgrm:
      return format_hgrm(result.outcome.tally.successes());
    case Output::hdrlog: {
      IntervalLog log = result.intervals;
      return log.finish(result.outcome.measured, result.outcome.tally.latencies());
    }
    case Output::text:
      break;
  }
  switch (options.compat) {
    case Compat::ab:
      return format_like_ab(result, options);
    case Compat::hey:
      return format_like_hey(result);
    case Compat::none:
      break;
  }
  return format_run_text(result, options);
}

}  // namespace sweetspot::loadgen
