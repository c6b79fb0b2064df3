#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "service/control/decision_log.hpp"
#include "service/control/load_curve.hpp"
#include "service/control/status.hpp"
#include "service/observe/history.hpp"

namespace sweetspot::observe {

// What the page is told of the sidecar it belongs to.
struct PageFacts {
  std::string upstream;
  std::vector<admission::RequestClass> classes;
  std::string queue;                 // its size, order and bounds, in words
  std::vector<std::string> actions;  // that an operator may ask for; empty where read-only
};

// What the sidecar does at one moment.
struct Moment {
  control::Status status;
  admission::LimiterReading reading;
  std::int64_t unix_ms = 0;
};

// Messages of the live feed as server-sent events (HTML Living Standard, section 9.2), each with
// its end. `hello` is all that a page needs to begin with.
std::string hello_event(const PageFacts& facts, const Moment& moment,
                        const control::LearntCurve& curve, const std::deque<Sample>& samples,
                        const std::deque<control::Decision>& decisions,
                        const control::Recorders& recorders);
std::string sample_event(const PageFacts& facts, const Moment& moment, const Sample& sample,
                         const control::Recorders& recorders);
std::string verdict_event(const Moment& moment, const control::LearntCurve& curve,
                          const control::Decision& newest);
std::string curve_event(const control::LearntCurve& curve);

}  // namespace sweetspot::observe
