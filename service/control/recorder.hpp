#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "service/admission/settings.hpp"
#include "tuner/histogram.hpp"
#include "tuner/time.hpp"

namespace sweetspot::control {

using tuner::Duration;

// How a request ended, as seen by its upstream's side. Closed list, label of
// sweetspot_requests_total{outcome}; service/README.md documents each.
enum class Outcome : std::uint8_t {
  success,            // 1xx..4xx but 408 and 429
  error_status,       // 5xx, 408, 429 from the upstream
  upstream_connect,   // no connection could be had
  upstream_reset,     // closed or reset before the response was complete
  upstream_timeout,   // no complete response within request.timeout
  upstream_protocol,  // a response that could not be forwarded
  client_abort,       // the client left first
  stalled,            // a permit waited too long on the client
};
inline constexpr std::size_t outcome_count = 8;
std::string_view to_string(Outcome outcome);

// What went wrong with a connection to the upstream, for requests with a permit or without. Closed
// list, label of sweetspot_upstream_errors_total{error}; service/README.md documents each.
enum class UpstreamError : std::uint8_t {
  connect,   // none could be had
  reset,     // closed or reset before the response was complete
  timeout,   // no complete response in time
  protocol,  // a response that could not be forwarded
  stale,     // closed while it waited for a request, which then went out on another
};
inline constexpr std::size_t upstream_error_count = 5;
std::string_view to_string(UpstreamError error);
std::optional<UpstreamError> upstream_error_of(Outcome outcome);  // none where it is not to blame

// Classes of requests, by index; 0 is `default`.
using admission::ClassId;
using admission::max_classes;

// Monotonic counters of one latency, readable while its one writer counts.
class LatencyCounters {
 public:
  void record(Duration latency) { record(latency, tuner::Buckets::index(latency)); }
  void record(Duration latency, std::size_t bucket) {  // of that latency, found already
    count(bucket);
    bump(sum_, static_cast<std::uint64_t>(latency.count()));
  }
  void count(std::size_t bucket) { bump(counts_[bucket], 1); }  // where nobody asks for the sum
  std::uint64_t at(std::size_t bucket) const {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  std::uint64_t sum_ns() const { return sum_.load(std::memory_order_relaxed); }

 private:
  friend class Recorder;
  static void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by) {
    // One writer: a plain load and store, no locked instruction.
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::array<std::atomic<std::uint64_t>, tuner::Buckets::count> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

// What one worker counts. One writer (its worker, or the sheds of whoever holds its thread); any
// thread may read. Counters only grow: readers keep the last reading and take differences.
class Recorder {
 public:
  // One request that held a permit has ended. Called before its permit is released.
  // `in_epoch`: the limit has not changed since the permit was granted.
  void completed(ClassId cls, Outcome outcome, Duration backend, Duration queue_wait,
                 Duration total, bool in_epoch) {
    count(requests_[cls][static_cast<std::size_t>(outcome)]);
    LatencyCounters::bump(class_waits_[cls], static_cast<std::uint64_t>(queue_wait.count()));
    LatencyCounters::bump(class_totals_[cls], static_cast<std::uint64_t>(total.count()));
    queue_wait_.record(queue_wait);
    total_.record(total);
    if (outcome == Outcome::success) {
      const std::size_t bucket = tuner::Buckets::index(backend);
      backend_.record(backend, bucket);
      if (in_epoch) epoch_backend_.count(bucket);
    }
  }
  void shed(ClassId cls, admission::ShedReason reason) {
    count(shed_[cls][static_cast<std::size_t>(reason)]);
  }
  void bypassed() { count(bypassed_); }
  void refused() { count(refused_); }          // malformed or too large: answered without a permit
  void unavailable() { count(unavailable_); }  // no upstream was up: answered without a permit
  void serves_on(int thread) {
    thread_.store(thread, std::memory_order_relaxed);
  }  // its worker's id
  void upstream_opened() { count(upstream_opened_); }
  void upstream_reused() { count(upstream_reused_); }
  void upstream_failed(UpstreamError error) {
    count(upstream_errors_[static_cast<std::size_t>(error)]);
  }

  std::uint64_t requests(ClassId cls, Outcome outcome) const {
    return read(requests_[cls][static_cast<std::size_t>(outcome)]);
  }
  // Sums over a class's requests: of the wait for the permit, and of all their time.
  Duration waited(ClassId cls) const { return duration(class_waits_[cls]); }
  Duration took(ClassId cls) const { return duration(class_totals_[cls]); }
  std::uint64_t sheds(ClassId cls, admission::ShedReason reason) const {
    return read(shed_[cls][static_cast<std::size_t>(reason)]);
  }
  int thread() const { return thread_.load(std::memory_order_relaxed); }  // 0 while none serves
  std::uint64_t bypasses() const { return read(bypassed_); }
  std::uint64_t refusals() const { return read(refused_); }
  std::uint64_t unavailables() const { return read(unavailable_); }
  std::uint64_t upstream_opens() const { return read(upstream_opened_); }
  std::uint64_t upstream_reuses() const { return read(upstream_reused_); }
  std::uint64_t upstream_errors(UpstreamError error) const {
    return read(upstream_errors_[static_cast<std::size_t>(error)]);
  }
  const LatencyCounters& backend() const { return backend_; }
  const LatencyCounters& epoch_backend() const { return epoch_backend_; }
  const LatencyCounters& queue_wait() const { return queue_wait_; }
  const LatencyCounters& total() const { return total_; }

 private:
  using Counter = std::atomic<std::uint64_t>;
  static void count(Counter& counter) { LatencyCounters::bump(counter, 1); }
  static std::uint64_t read(const Counter& counter) {
    return counter.load(std::memory_order_relaxed);
  }

  static Duration duration(const Counter& counter) {
    return Duration(static_cast<Duration::rep>(read(counter)));
  }

  std::array<std::array<Counter, outcome_count>, max_classes> requests_{};
  std::array<Counter, max_classes> class_waits_{}, class_totals_{};  // ns
  std::array<std::array<Counter, admission::shed_reason_count>, max_classes> shed_{};
  Counter bypassed_{0}, refused_{0}, unavailable_{0}, upstream_opened_{0}, upstream_reused_{0};
  std::atomic<int> thread_{0};
  std::array<Counter, upstream_error_count> upstream_errors_{};
  LatencyCounters backend_, epoch_backend_, queue_wait_, total_;
};

}  // namespace sweetspot::control
