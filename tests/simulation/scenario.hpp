#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tuner/objective.hpp"
#include "tuner/time.hpp"

namespace sweetspot::simulation {

using tuner::Duration;
using tuner::TimePoint;

enum class Distribution { deterministic, exponential, lognormal, bimodal };

enum class BackendKind {
  servers,  // parallelism servers, first come first served
  shared,   // processor sharing over as many
  usl,      // Universal Scalability Law (Gunther): n/s / (1 + sigma(n-1) + kappa n(n-1))
  disk,     // the document's disk
  convoy,   // processor sharing whose rate collapses above a number in flight, until it is drained
};

struct BackendSpec {
  BackendKind kind = BackendKind::servers;
  double parallelism = 16;
  Duration service = std::chrono::milliseconds(10);  // mean
  Distribution distribution = Distribution::deterministic;
  double sigma = 1;                            // lognormal
  double slow_share = 0.1, slow_factor = 10;   // bimodal
  double contention = 0.02, coherency = 5e-4;  // usl
  Duration io{};      // mean of a delay before the station, which nobody shares
  double wander = 0;  // standard deviation of a capacity that drifts by itself
  Duration wander_over = std::chrono::seconds(1);  // its correlation
  double convoy_enter = 32, convoy_leave = 4, convoy_factor = 0.4;
};

double usl_mu(const BackendSpec& spec, double n);
double capacity(const BackendSpec& spec);  // the best that it can do, requests a second
double knee(const BackendSpec& spec);      // roughly the in-flight that this takes

// Who asks. Open: arrivals at `load` times the backend's capacity. Closed: `clients` > 0, each with
// one request at a time.
struct Traffic {
  int clients = 0;
  Duration think{};  // closed: between answer and next request, exponential
  double load = 1.5;
  enum class Shape {
    poisson,
    mmpp,     // switches at random between (1 + swing) and (1 - swing) times the load
    diurnal,  // a sine of that swing
    bursts,   // (1 + swing) times for a tenth of each period, else the load
  } shape = Shape::poisson;
  double swing = 0.5;
  Duration period = std::chrono::seconds(4);
  int retries = 0;                                    // of what was shed, failed or late
  Duration back_off = std::chrono::milliseconds(50);  // before each, exponential
};

// Something that happens. `value` means: capacity, speed, load: a factor of the scenario's own;
// latency: milliseconds added; failures: a share; stall and outage (nobody is let in, each fails at
// once): 1 begins it, 0 ends it.
struct Event {
  enum class What { capacity, speed, load, latency, failures, stall, outage } what = What::capacity;
  Duration at{};
  double value = 1;
  Duration over{};     // reached gradually over this time
  bool phase = false;  // another limit may be best from here on
};

// What a run is held against. Absent: not asked.
struct Targets {
  std::optional<double> goodput{}, p99{};  // ratios to the oracle's
  std::optional<Duration> converges{};     // within one doubling of the oracle, at first
  std::vector<Duration> recovers{};        // ... after each further phase, in order
  std::optional<double> phase_goodput{};   // of the first further phase
  std::optional<int> held_min{}, held_max{}, never_settles{};  // of the limit held at the end
  std::optional<int> largest{};                                // no limit above it, ever
  bool no_probe_sheds = false;
};

struct Scenario {
  std::string name;
  BackendSpec backend;
  Traffic traffic;
  std::vector<Event> events{};
  Duration span = std::chrono::seconds(60);
  tuner::Objective objective = tuner::Objective::throughput;
  int start = 8;
  std::optional<std::size_t> queue_size{};  // else max(4, the limit held)
  std::optional<Duration> queue_timeout{};  // else five mean services
  std::optional<Duration> deadline{};       // else 1 s, or ten mean services
  Targets targets;

  Duration timeout() const;
  Duration due() const;  // an answer later than this after the arrival is not worth having
  std::vector<Duration> phases() const;  // where each begins; the first at zero
};

}  // namespace sweetspot::simulation
