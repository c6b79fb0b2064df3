#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/engine/arrivals.hpp"
#include "loadgen/run/threshold.hpp"
#include "loadgen/targets/target.hpp"
#include "loadgen/text/output.hpp"

namespace sweetspot::loadgen {

enum class Compat { none, ab, hey };

// Over its length the load goes in a straight line from where it was to `to`: clients, or requests
// a second in an open loop.
struct Stage {
  Duration length{};
  double to = 0;
};
platform::Parsed<Stage> parse_stage(std::string_view text);  // DURATION:TARGET

struct RunOptions {
  Target target{};
  int connections = 50;
  std::optional<std::uint64_t> requests{};
  std::optional<Duration> duration{};  // 10 s where neither it nor `requests` is given
  std::optional<double> rate{};        // requests a second: open loop
  engine::Pattern pattern = engine::Pattern::uniform;
  std::uint64_t seed = 1;              // of a Poisson pattern
  std::optional<Duration> catch_up{};  // open loop: what is overdue by more is dropped
  Duration ramp{};                     // from nothing to the whole load, not measured
  Duration warm_up{};
  std::vector<Stage> stages{};       // in place of `duration`
  bool honours_retry_after = false;  // closed loop
  std::vector<Threshold> thresholds{};
  std::optional<int> pid{};                     // the target's process, watched meanwhile
  std::string log{};                            // a file for a line a request; empty: none
  Compat compat = Compat::none;                 // text as another tool writes it
  Duration interval = std::chrono::seconds(1);  // of an interval log
  Output output = Output::text;
};

}  // namespace sweetspot::loadgen
