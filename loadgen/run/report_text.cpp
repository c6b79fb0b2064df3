#include "loadgen/run/report.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using engine::Outcome;
using Count = unsigned long long;

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
  const double mebibytes = static_cast<double>(tally.bytes) / (1024 * 1024);
  add(text, "received",
      format("%.2f MiB, %.2f MiB/s", mebibytes,
             summary.duration_s > 0 ? mebibytes / summary.duration_s : 0.0));
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
  if (successes.empty()) return {};
  std::string text = "\nlatency of successes";
  text += options.rate ? format("%14s %18s\n", "from due time", "from the send") : "\n";
  const auto row = [&](const char* name, double ms, double uncorrected) {
    text += format("  %-10s %10.3f ms", name, ms);
    text += options.rate ? format("  %15.3f ms\n", uncorrected) : "\n";
  };
  row("mean", summarize(result.outcome).mean_ms, tuner::milliseconds(tally.uncorrected.mean()));
  for (const auto& [name, q] : shown_quantiles) {
    row(name, tuner::milliseconds(successes.quantile(q)),
        tuner::milliseconds(tally.uncorrected.quantile(q)));
  }
  return text;
}

// Where the time goes: before there is a connection, and before the answer begins.
std::string parts_table(const engine::Tally& tally) {
  std::string text;
  const auto row = [&text](const char* name, const tuner::Histogram& histogram) {
    if (histogram.empty()) return;
    text +=
        format("  %-16s %11llu %7.2f ms %7.2f ms\n", name, static_cast<Count>(histogram.count()),
               tuner::milliseconds(histogram.quantile(0.5)),
               tuner::milliseconds(histogram.quantile(0.99)));
  };
  row("to connect", tally.connect_times);
  row("to first byte", tally.first_bytes);
  return text.empty() ? text : "\nparts of it              count        p50        p99\n" + text;
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

}  // namespace

std::string format_run_text(const RunResult& result, const RunOptions& options) {
  const Outcome& outcome = result.outcome;
  std::string text = head(result, options) + latency_table(result, options) +
                     parts_table(outcome.tally) + outcome_table(outcome.tally) +
                     part_table("stage", stages_of(result, options)) +
                     part_table("target", calls_of(result));
  text += "\nresponses\n";
  const auto row = [&text](const std::string& name, std::uint64_t count) {
    if (count > 0) text += format("  %-10s %10llu\n", name.c_str(), static_cast<Count>(count));
  };
  for (std::size_t status = 0; status < outcome.tally.statuses.size(); ++status)
    row(std::to_string(status), outcome.tally.statuses[status]);
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    if (outcome.tally.errors[i] == 0) continue;
    row(std::string(to_string(static_cast<engine::Error>(i))), outcome.tally.errors[i]);
    if (outcome.tally.causes[i].empty()) continue;
    text.pop_back();
    text += "  " + outcome.tally.causes[i] + "\n";
  }
  row("unanswered", outcome.tally.unanswered.count());
  if (!outcome.tally.unanswered.empty()) {
    text.pop_back();
    text += format("  no answer at the end, after up to %.2f s\n",
                   tuner::seconds(outcome.tally.unanswered.quantile(1)));
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

}  // namespace sweetspot::loadgen
