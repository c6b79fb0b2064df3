#include "loadgen/run/compat.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "loadgen/engine/url.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using Count = unsigned long long;
using tuner::milliseconds;

// What ab and hey call a rate: of all answers, whatever they say.
double rate_of(const Summary& summary) {
  return summary.duration_s > 0 ? static_cast<double>(summary.requests) / summary.duration_s : 0;
}

double deviation_of(const tuner::Histogram& histogram) {
  return milliseconds(histogram.mean()) * std::sqrt(histogram.squared_variation());
}

std::string ab_head(const RunOptions& options) {
  const auto url = engine::parse_url(options.target.url);
  if (!url) return {};
  return format("Server Hostname:        %s\n", (*url).server.host.c_str()) +
         format("Server Port:            %d\n\n", (*url).server.port) +
         format("Document Path:          %s\n\n", (*url).target.c_str());
}

std::string ab_times(const tuner::Histogram& successes) {
  std::string text = "\nConnection Times (ms)\n              min  mean[+/-sd] median   max\n";
  text += format("Total:   %8.2f %5.2f %5.2f %8.2f %7.2f\n", milliseconds(successes.quantile(0)),
                 milliseconds(successes.mean()), deviation_of(successes),
                 milliseconds(successes.quantile(0.5)), milliseconds(successes.quantile(1)));
  text += "\nPercentage of the requests served within a certain time (ms)\n";
  for (const int percent : {50, 66, 75, 80, 90, 95, 98, 99, 100}) {
    text += format("%5d%% %9.3f%s\n", percent, milliseconds(successes.quantile(percent / 100.0)),
                   percent == 100 ? " (longest request)" : "");
  }
  return text;
}

// Ten steps from the fastest to the slowest, a bar each.
std::string hey_histogram(const tuner::Histogram& successes) {
  constexpr std::size_t steps = 10;
  const double fastest = tuner::seconds(successes.quantile(0)),
               slowest = tuner::seconds(successes.quantile(1));
  std::array<std::uint64_t, steps + 1> counts{};
  for (std::size_t i = 0; i < tuner::Buckets::count; ++i) {
    if (successes.at(i) == 0) continue;
    const auto middle = (tuner::Buckets::lower(i) + tuner::Buckets::upper(i)) / 2;
    const double share =
        slowest > fastest ? (tuner::seconds(middle) - fastest) / (slowest - fastest) : 0;
    counts[static_cast<std::size_t>(std::ceil(std::clamp(share, 0.0, 1.0) * steps))] +=
        successes.at(i);
  }
  const std::uint64_t most =
      std::max<std::uint64_t>(*std::max_element(counts.begin(), counts.end()), 1);
  std::string text = "\nResponse time histogram:\n";
  for (std::size_t i = 0; i <= steps; ++i) {
    const double mark = fastest + (slowest - fastest) * static_cast<double>(i) / steps;
    text += format("  %.3f [%llu]\t|", mark, static_cast<Count>(counts[i]));
    for (std::uint64_t bar = (counts[i] * 40 + most / 2) / most; bar > 0; --bar) text += "■";
    text += "\n";
  }
  return text;
}

}  // namespace

std::string format_like_ab(const RunResult& result, const RunOptions& options) {
  const Summary summary = summarize(result.outcome);
  const engine::Tally& tally = result.outcome.tally;
  const auto failed = std::accumulate(tally.errors.begin(), tally.errors.end(), std::uint64_t{0});
  std::uint64_t not_2xx = 0;
  for (std::size_t status = 0; status < tally.statuses.size(); ++status) {
    if (status < 200 || status >= 300) not_2xx += tally.statuses[status];
  }
  const double rate = rate_of(summary);
  std::string text = ab_head(options);
  text += format("Concurrency Level:      %d\n", options.connections);
  text += format("Time taken for tests:   %.3f seconds\n", summary.duration_s);
  text += format("Complete requests:      %llu\n", static_cast<Count>(summary.requests));
  text += format("Failed requests:        %llu\n", static_cast<Count>(failed));
  if (not_2xx > 0) text += format("Non-2xx responses:      %llu\n", static_cast<Count>(not_2xx));
  text += format("Total transferred:      %llu bytes\n", static_cast<Count>(tally.bytes));
  text += format("Requests per second:    %.2f [#/sec] (mean)\n", rate);
  text += format("Time per request:       %.3f [ms] (mean)\n", summary.mean_ms);
  text += format("Time per request:       %.3f [ms] (mean, across all concurrent requests)\n",
                 rate > 0 ? 1e3 / rate : 0.0);
  text += format(
      "Transfer rate:          %.2f [Kbytes/sec] received\n",
      summary.duration_s > 0 ? static_cast<double>(tally.bytes) / 1024 / summary.duration_s : 0.0);
  return text + ab_times(tally.successes());
}

std::string format_like_hey(const RunResult& result) {
  const Summary summary = summarize(result.outcome);
  const engine::Tally& tally = result.outcome.tally;
  const tuner::Histogram successes = tally.successes();
  const auto seconds_at = [&successes](double q) { return tuner::seconds(successes.quantile(q)); };
  std::string text = "\nSummary:\n";
  text += format("  Total:\t%.4f secs\n", summary.duration_s);
  text += format("  Slowest:\t%.4f secs\n", seconds_at(1));
  text += format("  Fastest:\t%.4f secs\n", seconds_at(0));
  text += format("  Average:\t%.4f secs\n", summary.mean_ms / 1e3);
  text += format("  Requests/sec:\t%.4f\n", rate_of(summary));
  text += hey_histogram(successes);
  text += "\nLatency distribution:\n";
  for (const int percent : {10, 25, 50, 75, 90, 95, 99}) {
    text += format("  %d%% in %.4f secs\n", percent, seconds_at(percent / 100.0));
  }
  text += "\nStatus code distribution:\n";
  for (std::size_t status = 0; status < tally.statuses.size(); ++status) {
    if (tally.statuses[status] > 0) {
      text +=
          format("  [%zu]\t%llu responses\n", status, static_cast<Count>(tally.statuses[status]));
    }
  }
  std::string errors;
  for (std::size_t i = 0; i < engine::error_count; ++i) {
    if (tally.errors[i] == 0) continue;
    errors += format("  [%llu]\t%s", static_cast<Count>(tally.errors[i]),
                     std::string(to_string(static_cast<engine::Error>(i))).c_str());
    errors += (tally.causes[i].empty() ? "" : ": " + tally.causes[i]) + "\n";
  }
  return errors.empty() ? text : text + "\nError distribution:\n" + errors;
}

}  // namespace sweetspot::loadgen
