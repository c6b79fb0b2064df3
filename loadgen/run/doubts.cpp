#include "loadgen/run/doubts.hpp"

#include <algorithm>
#include <cmath>

#include "loadgen/run/hung.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using Count = unsigned long long;

constexpr double most_client_load = 0.85;  // of a thread: beyond it the tool may be the limit
constexpr double most_late = 0.01;         // of what was sent or due
constexpr std::uint64_t few = 5;           // fewer of them are an accident
constexpr double most_off = 0.05;          // of the clients, from what Little's law has
constexpr double most_hung = 0.001;        // of what was sent: more, and p99.9 is not what it says
constexpr int least_turns = 20;            // fewer, and what is cut off at the end weighs too much

Doubt client_cpu(double load) {
  return {"client_cpu",
          format("the tool's busiest thread ran or waited for a CPU for %.0f %% of the "
                 "time: it may be what was measured; give it a machine of its own or "
                 "more --threads",
                 100 * load)};
}

// Those that hung are in no latency. Few as they are, they may be the very ones that matter.
bool doubt_hung(const engine::Tally& tally, const RunOptions& options, std::vector<Doubt>& doubts) {
  const std::uint64_t hung = hung_in(tally);
  const auto are_over = [hung](double share, auto whole) {
    return static_cast<double>(hung) > share * static_cast<double>(whole);
  };
  const bool is_client_lost = !options.rate && are_over(most_off, options.connections);
  if (!is_client_lost && !are_over(most_hung, tally.requests() + hung)) return false;
  doubts.push_back(
      {"hung",
       format("%llu requests had no answer at the end, after up to %.1f s, where none that "
              "had one took over %.3f s: they are in no latency, but in the share of errors",
              static_cast<Count>(hung), tuner::seconds(tally.unanswered.quantile(1)),
              tuner::seconds(longest_in(tally)))});
  return true;
}

bool has_rested(const engine::Tally& tally) {
  const auto count = [&tally](engine::Error error) {
    return tally.errors[static_cast<std::size_t>(error)];
  };
  return count(engine::Error::connect) + count(engine::Error::tls) > 0;
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
  const engine::Tally& tally = outcome.tally;
  // Clients that come and go, or are told to wait, are not at work all the time by design.
  if (!options.stages.empty() || options.honours_retry_after) {
    doubt_hung(tally, options, doubts);
    return;
  }
  const auto clients = static_cast<std::uint64_t>(options.connections);
  if (tally.connections < clients && tally.requests() >= clients) {
    doubts.push_back({"connections",
                      format("only %llu of %llu clients had a response%s",
                             static_cast<Count>(tally.connections), static_cast<Count>(clients),
                             options.target.keep_alive ? ": the target may keep a worker for each "
                                                         "connection; with --no-keepalive they "
                                                         "take turns"
                                                       : "")});
  } else if (doubt_hung(tally, options, doubts)) {
    return;
  } else if (!options.requests && tally.requests() >= least_turns * clients) {
    const double busy = in_flight(outcome);
    if (std::abs(busy / static_cast<double>(clients) - 1) > most_off) {
      doubts.push_back(
          {"in_flight",
           format("%.1f requests were in flight on average, not %llu: the "
                  "clients were not at work all the time%s",
                  busy, static_cast<Count>(clients),
                  has_rested(tally) ? ", since they rest where they cannot connect" : "")});
    }
  }
}

}  // namespace

std::vector<Doubt> doubts_of(const engine::Outcome& outcome, const RunOptions& options) {
  std::vector<Doubt> doubts;
  if (outcome.tally.success_count() == 0 || outcome.measured <= Duration(0)) return doubts;
  if (options.rate) {
    doubt_open_loop(outcome, doubts);
    doubt_hung(outcome.tally, options, doubts);
  } else {
    doubt_closed_loop(outcome, options, doubts);
  }
  return doubts;
}

}  // namespace sweetspot::loadgen
