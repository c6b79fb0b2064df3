#include "loadgen/run/doubts.hpp"

#include <algorithm>
#include <cmath>

#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using Count = unsigned long long;

constexpr double most_client_load = 0.85;  // of a thread: beyond it the tool may be the limit
constexpr double most_late = 0.01;         // of what was sent or due
constexpr std::uint64_t few = 5;           // fewer of them are an accident
constexpr double most_off = 0.05;          // of the clients, from what Little's law has
constexpr int least_turns = 20;            // fewer, and what is cut off at the end weighs too much

Doubt client_cpu(double load) {
  return {"client_cpu",
          format("the tool's busiest thread ran or waited for a CPU for %.0f %% of the "
                 "time: it may be what was measured; give it a machine of its own or "
                 "more --threads",
                 100 * load)};
}

// Requests in flight on average, whatever came of them.
double in_flight(const engine::Outcome& outcome) {
  double busy = 0;
  for (const auto& histogram : outcome.tally.latencies())
    busy += tuner::seconds(histogram.mean()) * static_cast<double>(histogram.count());
  return busy / tuner::seconds(outcome.measured);
}

void doubt_open_loop(const engine::Outcome& outcome, std::vector<Doubt>& doubts) {
  const engine::Tally& tally = outcome.tally;
  const auto are_many = [](std::uint64_t part, std::uint64_t whole) {
    return part >= few && static_cast<double>(part) > most_late * static_cast<double>(whole);
  };
  // Its busy loop needs a whole CPU at a high rate: that it is late, not that it is awake, tells.
  if (are_many(tally.late, tally.sent)) {
    doubts.push_back(
        {"late", format("%llu of %llu requests were sent over 1 ms late by the tool "
                        "itself: this machine is too busy for it, or --threads too few",
                        static_cast<Count>(tally.late), static_cast<Count>(tally.sent))});
  }
  const std::uint64_t missed = tally.unsent + tally.dropped;
  if (are_many(missed, missed + tally.sent)) {
    doubts.push_back(
        {"rate", format("%llu of %llu requests that were due were never sent: the target is slower "
                        "than the rate, or --connections too few",
                        static_cast<Count>(missed), static_cast<Count>(missed + tally.sent))});
  }
}

void doubt_closed_loop(const engine::Outcome& outcome, const RunOptions& options,
                       std::vector<Doubt>& doubts) {
  if (outcome.client_load >= most_client_load) doubts.push_back(client_cpu(outcome.client_load));
  // Clients that come and go, or are told to wait, are not at work all the time by design.
  if (!options.stages.empty() || options.honours_retry_after) return;
  const engine::Tally& tally = outcome.tally;
  const auto clients = static_cast<std::uint64_t>(options.connections);
  if (tally.connections < clients && tally.requests() >= clients) {
    doubts.push_back({"connections",
                      format("only %llu of %llu clients had a response",
                             static_cast<Count>(tally.connections), static_cast<Count>(clients))});
  } else if (!options.requests && tally.requests() >= least_turns * clients) {
    const double busy = in_flight(outcome);
    if (std::abs(busy / static_cast<double>(clients) - 1) > most_off) {
      doubts.push_back(
          {"in_flight", format("%.1f requests were in flight on average, not %llu: the "
                               "clients were not at work all the time",
                               busy, static_cast<Count>(clients))});
    }
  }
}

}  // namespace

std::vector<Doubt> doubts_of(const engine::Outcome& outcome, const RunOptions& options) {
  std::vector<Doubt> doubts;
  if (outcome.tally.success_count() == 0 || outcome.measured <= Duration(0)) return doubts;
  if (options.rate) {
    doubt_open_loop(outcome, doubts);
  } else {
    doubt_closed_loop(outcome, options, doubts);
  }
  return doubts;
}

}  // namespace sweetspot::loadgen
