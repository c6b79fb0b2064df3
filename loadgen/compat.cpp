#include "loadgen/compat.hpp"

#include "loadgen/engine/url.hpp"
#include "loadgen/format.hpp"

namespace sweetspot::loadgen {
namespace {

using Count = unsigned long long;

}  // namespace

std::string format_like_ab(const RunResult& result, const RunOptions& options) {
  const Summary summary = summarize(result.outcome);
  const engine::Tally& tally = result.outcome.tally;
  const tuner::Histogram successes = tally.successes();
  const auto url = engine::parse_url(options.target.url);
  std::string text;
  if (url) {
    text += format("Server Hostname:        %s\n", (*url).server.host.c_str());
    text += format("Server Port:            %d\n\n", (*url).server.port);
    text += format("Document Path:          %s\n\n", (*url).target.c_str());
  }
  const auto failed = [&tally] {
    std::uint64_t sum = 0;
    for (const auto count : tally.errors) sum += count;
    return sum;
  }();
  std::uint64_t not_2xx = 0;
  for (std::size_t status = 0; status < tally.statuses.size(); ++status) {
    if (status < 200 || status >= 300) not_2xx += tally.statuses[status];
  }
  const double rate = summary.duration_s > 0 ? static_cast<double>(summary.requests) / summary.duration_s : 0;
  text += format("Concurrency Level:      %d\n", options.connections);
  text += format("Time taken for tests:   %.3f seconds\n", summary.duration_s);
  text += format("Complete requests:      %llu\n", static_cast<Count>(summary.requests));
  text += format("Failed requests:        %llu\n", static_cast<Count>(failed));
  if (not_2xx > 0) text += format("Non-2xx responses:      %llu\n", static_cast<Count>(not_2xx));
  text += format("Total transferred:      %llu bytes\n", static_cast<Count>(tally.bytes));
  text += format("Requests per second:    %.2f [#/sec] (mean)\n", rate);
  text += format("Time per request:       %.3f [ms] (mean)\n", summary.mean_ms);
  text += "\nPercentage of the requests served within a certain time (ms)\n";
  for (const int percent : {50, 66, 75, 80, 90, 95, 98, 99, 100}) {
    text += format("%5d%% %9.3f%s\n", percent, tuner::milliseconds(successes.quantile(percent / 100.0)),
                   percent == 100 ? " (longest request)" : "");
  }
  return text;
}

std::string format_like_hey(const RunResult& result) {
  const Summary summary = summarize(result.outcome);
  const engine::Tally& tally = result.outcome.tally;
  const tuner::Histogram successes = tally.successes();
  const auto seconds_at = [&successes](double q) { return tuner::seconds(successes.quantile(q)); };
  const double rate = summary.duration_s > 0 ? static_cast<double>(summary.requests) / summary.duration_s : 0;
  std::string text = "\nSummary:\n";
  text += format("  Total:\t%.4f secs\n", summary.duration_s);
  text += format("  Slowest:\t%.4f secs\n", seconds_at(1));
  text += format("  Fastest:\t%.4f secs\n", seconds_at(0));
  text += format("  Average:\t%.4f secs\n", summary.mean_ms / 1e3);
  text += format("  Requests/sec:\t%.4f\n", rate);
  text += "\nLatency distribution:\n";
  for (const int percent : {10, 25, 50, 75, 90, 95, 99}) {
    text += format("  %d%% in %.4f secs\n", percent, seconds_at(percent / 100.0));
  }
  text += "\nStatus code distribution:\n";
  for (std::size_t status = 0; status < tally.statuses.size(); ++status) {
    if (tally.statuses[status] > 0) {
      text += format("  [%zu]\t%llu responses\n", status, static_cast<Count>(tally.statuses[status]));
    }
  }
  std::string errors;
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    if (tally.errors[i] > 0) {
      errors += format("  [%llu]\t%s\n", static_cast<Count>(tally.errors[i]),
                       std::string(to_string(static_cast<engine::Error>(i))).c_str());
    }
  }
  return errors.empty() ? text : text + "\nError distribution:\n" + errors;
}

}  // namespace sweetspot::loadgen
