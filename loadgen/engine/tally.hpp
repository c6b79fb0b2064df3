#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tuner/histogram.hpp"
#include "tuner/time.hpp"

namespace sweetspot::engine {

using tuner::Duration;
using tuner::TimePoint;

// How an attempt failed to bring a response. Closed list: the keys of `errors` in every output.
enum class Error : std::uint8_t {
  connect,   // no connection could be had
  reset,     // closed or reset before the response was complete
  timeout,   // no complete response in time
  protocol,  // something that is not HTTP
};
inline constexpr std::size_t error_count = 4;
std::string_view to_string(Error error);

// What came of the attempts that ended while it was measured. A value; one a worker, merged at the
// end. Its size does not grow with the number of requests.
struct Tally {
  tuner::Histogram successes;   // latency of responses 1xx..4xx but 408 and 429
  tuner::Histogram refusals;    // of all other responses
  Duration success_time{};      // sum of the successes' latencies
  std::array<std::uint64_t, 600> statuses{};
  std::array<std::uint64_t, error_count> errors{};
  std::uint64_t bytes = 0;      // received
  std::uint64_t unsent = 0;     // open loop: due before the end, but no connection was free
  TimePoint last{};             // when the last attempt ended

  void add_response(int status, Duration latency);
  void add_error(Error error) { ++errors[static_cast<std::size_t>(error)]; }
  void merge(const Tally& other);

  std::uint64_t requests() const;  // attempts that ended, either way
};

bool is_success(int status);

}  // namespace sweetspot::engine
