#include "loadgen/run_report.hpp"

#include <nlohmann/json.hpp>

#include "loadgen/format.hpp"

namespace sweetspot::loadgen {
namespace {

using engine::Outcome;
using nlohmann::ordered_json;

struct Quantile {
  const char* name;
  double q;
};
constexpr Quantile quantiles[] = {
    {"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}};

double quantile_ms(const Outcome& outcome, double q) {
  return tuner::milliseconds(outcome.tally.successes.quantile(q));
}

template <class Visit>
void for_each_status(const Outcome& outcome, Visit visit) {
  const auto& statuses = outcome.tally.statuses;
  for (std::size_t status = 0; status < statuses.size(); ++status) {
    if (statuses[status] > 0) visit(std::to_string(status), statuses[status]);
  }
}

// In text only the kinds that occurred; elsewhere all, so that a reader can rely on the key.
template <class Visit>
void for_each_error(const Outcome& outcome, Visit visit) {
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    visit(std::string(to_string(static_cast<engine::Error>(i))), outcome.tally.errors[i]);
  }
}

std::string format_text(const Outcome& outcome, const RunOptions& options) {
  const Summary summary = summarize(outcome);
  std::string text;
  const auto add = [&text](const std::string& name, const std::string& value) {
    text += format("%-12s %s\n", name.c_str(), value.c_str());
  };
  add("target", options.target.url);
  add("load", options.rate ? format("%g requests/s, at most %d at once", *options.rate, options.connections)
                           : format("%d clients", options.connections));
  add("duration", format("%.2f s%s", summary.duration_s, outcome.interrupted ? " (interrupted)" : ""));
  add("requests", std::to_string(summary.requests));
  add("throughput", format("%.1f successes/s", summary.throughput));
  add("in flight", format("%.2f", summary.in_flight));
  add("client CPU", format("%.0f %%", 100 * summary.client_cpu));
  if (options.rate) add("unsent", std::to_string(outcome.tally.unsent));
  text += "\nlatency of successes\n";
  text += format("  %-10s %10.3f ms\n", "mean", summary.mean_ms);
  for (const auto& [name, q] : quantiles) {
    text += format("  %-10s %10.3f ms\n", name, quantile_ms(outcome, q));
  }
  text += "\nresponses\n";
  for_each_status(outcome, [&](const std::string& status, std::uint64_t count) {
    text += format("  %-10s %10llu\n", status.c_str(), static_cast<unsigned long long>(count));
  });
  for_each_error(outcome, [&](const std::string& error, std::uint64_t count) {
    if (count == 0) return;
    text += format("  %-10s %10llu\n", error.c_str(), static_cast<unsigned long long>(count));
  });
  return text;
}

std::string format_json(const Outcome& outcome) {
  const Summary summary = summarize(outcome);
  ordered_json json{{"requests", summary.requests},
                    {"successes", summary.successes},
                    {"duration_s", summary.duration_s},
                    {"throughput", summary.throughput},
                    {"mean_ms", summary.mean_ms},
                    {"p50_ms", quantile_ms(outcome, 0.5)},
                    {"p75_ms", quantile_ms(outcome, 0.75)},
                    {"p90_ms", quantile_ms(outcome, 0.9)},
                    {"p95_ms", quantile_ms(outcome, 0.95)},
                    {"p99_ms", quantile_ms(outcome, 0.99)},
                    {"p999_ms", quantile_ms(outcome, 0.999)},
                    {"max_ms", quantile_ms(outcome, 1)},
                    {"in_flight", summary.in_flight},
                    {"unsent", outcome.tally.unsent},
                    {"bytes", outcome.tally.bytes},
                    {"client_cpu", summary.client_cpu},
                    {"interrupted", outcome.interrupted},
                    {"status", ordered_json::object()},
                    {"errors", ordered_json::object()}};
  for_each_status(outcome, [&](const std::string& status, std::uint64_t count) {
    json["status"][status] = count;
  });
  for_each_error(outcome, [&](const std::string& error, std::uint64_t count) {
    json["errors"][error] = count;
  });
  return json.dump(2) + "\n";
}

std::string format_csv(const Outcome& outcome) {
  const Summary summary = summarize(outcome);
  std::string names = "requests,successes,duration_s,throughput,mean_ms,p50_ms,p90_ms,p99_ms";
  std::string values = format("%llu,%llu,%.6f,%.3f,%.4f,%.4f,%.4f,%.4f",
                              static_cast<unsigned long long>(summary.requests),
                              static_cast<unsigned long long>(summary.successes),
                              summary.duration_s, summary.throughput, summary.mean_ms,
                              quantile_ms(outcome, 0.5), quantile_ms(outcome, 0.9),
                              quantile_ms(outcome, 0.99));
  for_each_error(outcome, [&](const std::string& error, std::uint64_t count) {
    names.append(",").append(error);
    values.append(",").append(std::to_string(count));
  });
  return names + "\n" + values + "\n";
}

}  // namespace

Summary summarize(const Outcome& outcome) {
  Summary summary;
  summary.requests = outcome.tally.requests();
  summary.successes = outcome.tally.successes.count();
  summary.duration_s = tuner::seconds(outcome.measured);
  if (summary.successes > 0) {
    summary.mean_ms =
        tuner::milliseconds(outcome.tally.success_time) / static_cast<double>(summary.successes);
  }
  if (summary.duration_s > 0) {
    summary.throughput = static_cast<double>(summary.successes) / summary.duration_s;
    summary.in_flight = tuner::seconds(outcome.tally.success_time) / summary.duration_s;
    summary.client_cpu = tuner::seconds(outcome.client_cpu) / summary.duration_s;
  }
  return summary;
}

std::string format_run(const Outcome& outcome, const RunOptions& options) {
  switch (options.output) {
    case Output::json: return format_json(outcome);
    case Output::csv: return format_csv(outcome);
    case Output::text: break;
  }
  return format_text(outcome, options);
}

}  // namespace sweetspot::loadgen
