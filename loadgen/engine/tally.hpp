#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/engine/slices.hpp"
#include "tuner/histogram.hpp"
#include "tuner/time.hpp"

namespace sweetspot::engine {

using tuner::Duration;
using tuner::TimePoint;

// How an attempt failed to bring a response. Closed list: the keys of `errors` in every output.
enum class Error : std::uint8_t {
  connect,   // no connection could be had
  tls,       // a connection, but no TLS over it
  reset,     // closed or reset before the response was complete
  timeout,   // no complete response in time
  protocol,  // something that is not HTTP
};
inline constexpr std::size_t error_count = 5;
std::string_view to_string(Error error);

// What kind of response it was. Closed list: with the errors, the keys by which latency is split.
enum class Answer : std::uint8_t {
  fine,          // 1xx to 3xx
  client_error,  // 4xx but those that are refusals; a success as well: the server did its work
  refused,       // 408, 429, 503: it would not
  server_error,  // every other 5xx
};
inline constexpr std::size_t answer_count = 4;
std::string_view to_string(Answer answer);
Answer answer_of(int status);

// Latencies by what came of the attempts: the answers, then the errors, in the order of their
// lists.
inline constexpr std::size_t outcome_count = answer_count + error_count;
using Latencies = std::array<tuner::Histogram, outcome_count>;
std::string_view outcome_name(std::size_t index);

// A share of a run by itself: one stage, or one target of several.
struct Part {
  tuner::Histogram successes;
  std::uint64_t requests = 0;  // attempts that ended, either way

  void merge(const Part& other);
};

// What came of the attempts that ended while it was measured. A value; one a worker, merged at the
// end. Its size does not grow with the number of requests.
struct Tally {
  std::array<tuner::Histogram, answer_count> answers;     // latency by kind of response
  std::array<tuner::Histogram, error_count> error_times;  // how long the errors took
  tuner::Histogram uncorrected;    // open loop: of successes, from the actual send
  tuner::Histogram connect_times;  // of every connection that came about, TLS included
  tuner::Histogram first_bytes;    // of successes: from the send on a connection to the first byte
  Slices slices;                   // of the successes' latencies, by when they came
  tuner::Histogram unanswered;     // for how long those waited that had no answer at the end
  Duration success_time{};         // sum of the successes' latencies
  Duration service_time{};         // the same from the actual send: while they were in flight
  std::array<std::uint64_t, 600> statuses{};
  std::array<std::uint64_t, error_count> errors{};
  std::array<std::string, error_count> causes{};  // of the first error of its kind, in words
  std::vector<Part> stages, calls;  // in the plan's order; empty where it has only one
  std::uint64_t bytes = 0;          // received
  std::uint64_t connections = 0;    // that brought a response
  std::uint64_t sent = 0;           // open loop: requests begun
  std::uint64_t late = 0;     // of those: over 1 ms after they were due, by the tool's own delay
  std::uint64_t waited = 0;   // of those: over 1 ms after they were due, no connection being free
  std::uint64_t dropped = 0;  // open loop: overdue by more than the catch-up, never sent
  std::uint64_t unsent = 0;   // open loop: due before the end, but no connection was free
  TimePoint last{};           // when the last attempt ended

  void add_response(int status, Duration latency, std::optional<Duration> since_send = {});
  void add_error(Error error, Duration after = {}, std::string_view cause = {});
  void merge(const Tally& other);

  Latencies latencies() const;
  tuner::Histogram successes() const;  // latency of responses 1xx..4xx but 408 and 429
  std::uint64_t success_count() const;
  std::uint64_t requests() const;  // attempts that ended, either way
};

bool is_success(int status);

}  // namespace sweetspot::engine
