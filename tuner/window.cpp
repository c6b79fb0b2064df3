#include "tuner/window.hpp"

#include <algorithm>

namespace sweetspot::tuner {

namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

double Window::mean_in_flight() const { return ratio(in_flight_seconds, seconds(span)); }

double Window::throughput() const { return ratio(static_cast<double>(successes), seconds(span)); }

double Window::mean_queued() const { return ratio(queued_seconds, seconds(span)); }

double Window::at_limit_share() const {
  return std::clamp(ratio(seconds(at_limit), seconds(span)), 0.0, 1.0);
}

double Window::shed_share() const {
  const auto completed = successes + failures + aborts;
  return ratio(static_cast<double>(shed), static_cast<double>(shed + completed));
}

double Window::failure_share() const {
  return ratio(static_cast<double>(failures), static_cast<double>(failures + successes));
}

void Window::merge(const Window& later) {
  limit = later.limit;
  epoch = later.epoch;
  span += later.span;
  successes += later.successes;
  failures += later.failures;
  aborts += later.aborts;
  shed += later.shed;
  in_flight_seconds += later.in_flight_seconds;
  queued_seconds += later.queued_seconds;
  at_limit += later.at_limit;
  queue_fill = std::max(queue_fill, later.queue_fill);
  latency.merge(later.latency);
}

}  // namespace sweetspot::tuner
