#include "loadgen/run_report.hpp"

#include <algorithm>

#include "loadgen/compat.hpp"
#include "loadgen/format.hpp"
#include "loadgen/hdr.hpp"
#include "loadgen/run_formats.hpp"

namespace sweetspot::loadgen {
namespace {

using engine::Outcome;
using Count = unsigned long long;

struct Quantile {
  const char* name;
  double q;
};
constexpr Quantile quantiles[] = {{"p50", 0.5},  {"p75", 0.75},    {"p90", 0.9}, {"p95", 0.95},
                                  {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}};

template <class Visit>
void for_each_status(const Outcome& outcome, Visit visit) {
  const auto& statuses = outcome.tally.statuses;
  for (std::size_t status = 0; status < statuses.size(); ++status) {
    if (statuses[status] > 0) visit(std::to_string(status), statuses[status]);
  }
}

template <class Visit>
void for_each_error(const Outcome& outcome, Visit visit) {
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    visit(std::string(to_string(static_cast<engine::Error>(i))), outcome.tally.errors[i]);
  }
}

void add(std::string& text, const std::string& name, const std::string& value) {
  text += format("%-12s %s\n", name.c_str(), value.c_str());
}

std::string describe(const TargetUse& use) {
  return format("%d threads, %.2f CPUs, %.1f MiB, %.1f context switches a request", use.threads,
                use.cpu, static_cast<double>(use.resident_bytes) / (1024 * 1024),
                use.switches_per_request);
}

std::string head(const RunResult& result, const RunOptions& options) {
  const Summary summary = summarize(result.outcome);
  const engine::Tally& tally = result.outcome.tally;
  std::string text;
  add(text, "target", name_of(options.target));
  add(text, "load",
      options.rate ? format("%g requests/s, at most %d at once", *options.rate, options.connections)
                   : format("%d clients", options.connections));
  add(text, "duration",
      format("%.2f s%s", summary.duration_s, result.outcome.interrupted ? " (interrupted)" : ""));
  add(text, "requests", std::to_string(summary.requests));
  const std::string ci = result.relative_ci ? format(" ± %.1f %%", 100 * *result.relative_ci) : "";
  add(text, "throughput", format("%.1f successes/s", summary.throughput) + ci);
  add(text, "in flight", format("%.2f", summary.in_flight));
  add(text, "client CPU",
      format("%.0f %%; its busiest thread ran or waited for a CPU for %.0f %% of the time",
             100 * summary.client_cpu, 100 * result.outcome.client_load));
  if (result.target) add(text, "process", describe(*result.target));
  if (options.rate) {
    add(text, "sent",
        format("%llu, %llu late by the tool, %llu had to wait for a connection",
               static_cast<Count>(tally.sent), static_cast<Count>(tally.late),
               static_cast<Count>(tally.waited)));
    add(text, "unsent",
        format("%llu, dropped %llu", static_cast<Count>(tally.unsent),
               static_cast<Count>(tally.dropped)));
  }
  return text;
}

std::string latency_table(const RunResult& result, const RunOptions& options) {
  const auto& tally = result.outcome.tally;
  const tuner::Histogram successes = tally.successes();
  std::string text = "\nlatency of successes";
  text += options.rate ? format("%14s %18s\n", "from due time", "from the send") : "\n";
  const auto row = [&](const char* name, double ms, double uncorrected) {
    text += format("  %-10s %10.3f ms", name, ms);
    text += options.rate ? format("  %15.3f ms\n", uncorrected) : "\n";
  };
  row("mean", summarize(result.outcome).mean_ms, tuner::milliseconds(tally.uncorrected.mean()));
  for (const auto& [name, q] : quantiles) {
    row(name, tuner::milliseconds(successes.quantile(q)),
        tuner::milliseconds(tally.uncorrected.quantile(q)));
  }
  return text;
}

// Only where not everything went well: else it would be the table above once more.
std::string outcome_table(const engine::Tally& tally) {
  if (tally.requests() == tally.answers[static_cast<std::size_t>(engine::Answer::fine)].count())
    return {};
  std::string text = "\nlatency by outcome       count        p50        p99\n";
  const auto row = [&text](std::string_view name, const tuner::Histogram& histogram) {
    if (histogram.empty()) return;
    text +=
        format("  %-16s %11llu %7.2f ms %7.2f ms\n", std::string(name).c_str(),
               static_cast<Count>(histogram.count()), tuner::milliseconds(histogram.quantile(0.5)),
               tuner::milliseconds(histogram.quantile(0.99)));
  };
  for (std::size_t i = 0; i < engine::answer_count; ++i) {
    row(to_string(static_cast<engine::Answer>(i)), tally.answers[i]);
  }
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    row(to_string(static_cast<engine::Error>(i)), tally.error_times[i]);
  }
  return text;
}

std::string part_table(const char* title, const std::vector<NamedPart>& parts) {
  if (parts.empty()) return {};
  std::string text =
      format("\n%-36s %10s %12s %10s %10s\n", title, "requests", "successes/s", "p50", "p99");
  for (const auto& [name, part, duration_s] : parts) {
    const double rate =
        duration_s > 0 ? static_cast<double>(part->successes.count()) / duration_s : 0;
    text += format("  %-34s %10llu %12.1f %7.2f ms %7.2f ms\n", name.c_str(),
                   static_cast<Count>(part->requests), rate,
                   tuner::milliseconds(part->successes.quantile(0.5)),
                   tuner::milliseconds(part->successes.quantile(0.99)));
  }
  return text;
}

std::string format_text(const RunResult& result, const RunOptions& options) {
  const Outcome& outcome = result.outcome;
  std::string text =
      head(result, options) + latency_table(result, options) + outcome_table(outcome.tally) +
      part_table("stage", stages_of(result, options)) + part_table("target", calls_of(result));
  text += "\nresponses\n";
  const auto row = [&text](const std::string& name, std::uint64_t count) {
    if (count > 0) text += format("  %-10s %10llu\n", name.c_str(), static_cast<Count>(count));
  };
  for_each_status(outcome, row);
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    if (outcome.tally.errors[i] == 0) continue;
    row(std::string(to_string(static_cast<engine::Error>(i))), outcome.tally.errors[i]);
    if (outcome.tally.causes[i].empty()) continue;
    text.pop_back();
    text += "  " + outcome.tally.causes[i] + "\n";
  }
  if (!result.thresholds.empty()) text += "\nthresholds\n";
  for (const Judged& judged : result.thresholds) {
    const std::string value =
        judged.value ? format_figure(judged.threshold.figure, *judged.value) : "not measured";
    text += format("  %-7s %s: %s\n", judged.held ? "held" : "BROKEN",
                   judged.threshold.text.c_str(), value.c_str());
  }
  if (!result.doubts.empty()) text += "\ndoubts\n";
  for (const Doubt& doubt : result.doubts)
    text += format("  %-12s %s\n", doubt.reason.c_str(), doubt.sentence.c_str());
  return text;
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
  return summary;
}

Figures figures_of(const Outcome& outcome) {
  const Summary summary = summarize(outcome);
  Figures figures{{"throughput", summary.throughput}};
  if (summary.requests > 0) {
    figures["errors"] = static_cast<double>(summary.requests - summary.successes) /
                        static_cast<double>(summary.requests);
  }
  const engine::Tally& tally = outcome.tally;
  const std::uint64_t missed = tally.dropped + tally.unsent;
  if (tally.sent + missed > 0) {
    figures["unsent"] = static_cast<double>(missed) / static_cast<double>(tally.sent + missed);
  }
  if (summary.successes == 0) return figures;
  const tuner::Histogram successes = tally.successes();
  figures["mean"] = summary.mean_ms / 1e3;
  for (const auto& [name, q] : quantiles) {
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
  return format_text(result, options);
}

}  // namespace sweetspot::loadgen
