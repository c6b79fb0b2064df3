#include "tests/tuner/world.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace sweetspot::tuner {

namespace {

std::uint64_t whole(double amount, double& left_over) {
  amount += left_over;
  const auto count = static_cast<std::uint64_t>(std::max(0.0, amount));
  left_over = amount - static_cast<double>(count);
  return count;
}

}  // namespace

Window World::window(int limit, std::uint64_t epoch, Duration span) {
  const double t = seconds(span);
  const double capacity = rate(limit);
  const bool binds = demand >= capacity;
  const auto done = whole(std::min(demand, capacity) * t, left_over);
  const double failed = failures_at ? failures_at(limit) : failures;
  const double refused = shed_at ? shed_at(limit) : shed;
  double in_flight = binds ? limit : limit * demand / capacity;
  if (in_flight_at) in_flight = in_flight_at(limit);

  Window w;
  w.limit = limit;
  w.epoch = epoch;
  w.span = span;
  w.failures = std::min(done, whole(failed * static_cast<double>(done), failed_left_over));
  w.successes = done - w.failures;
  w.shed = whole(refused / (1 - refused) * static_cast<double>(done), shed_left_over);
  w.in_flight_seconds = in_flight * t;
  w.at_limit = binds ? span : Duration::zero();
  w.queue_fill = queue_fill_at ? queue_fill_at(limit) : queue_fill;
  const double latency = in_flight / std::max(1e-9, std::min(demand, capacity));
  const auto slow_ones =
      std::min(w.successes, whole(static_cast<double>(w.successes) / 20, slow_left_over));
  w.latency.record(from_seconds(latency), w.successes - slow_ones);
  w.latency.record(from_seconds(latency * (slow_at ? slow_at(limit) : slow)), slow_ones);
  return w;
}

double disk_rate(int limit) {
  constexpr std::array<std::array<double, 2>, 6> points{
      {{0, 0}, {4, 400}, {8, 600}, {16, 700}, {32, 720}, {64, 720}}};
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto &a = points[i - 1], &b = points[i];
    if (limit <= b[0]) return a[1] + (b[1] - a[1]) * (limit - a[0]) / (b[0] - a[0]);
  }
  return 720;
}

void Drive::tick() {
  now += next_;
  const int before = tuner.limit();
  Step step = tuner.step(world.window(before, epoch_, next_), now);
  if (step.limit != before) ++epoch_;
  if (step.verdict) verdicts.push_back(std::move(*step.verdict));
  states.insert(tuner.state());
  largest_limit = std::max(largest_limit, step.limit);
  next_ = step.next_tick;
}

void Drive::run(Duration span) {
  const TimePoint end = now + span;
  while (now < end) tick();
}

bool Drive::until(Reason reason, Duration span) {
  const TimePoint end = now + span;
  while (now < end) {
    const auto before = verdicts.size();
    tick();
    if (verdicts.size() > before && verdicts.back().reason == reason) return true;
  }
  return false;
}

bool Drive::until(State state, Duration span) {
  const TimePoint end = now + span;
  while (now < end) {
    tick();
    if (tuner.state() == state) return true;
  }
  return false;
}

const Verdict* Drive::find(Reason reason) const {
  for (auto v = verdicts.rbegin(); v != verdicts.rend(); ++v) {
    if (v->reason == reason) return &*v;
  }
  return nullptr;
}

}  // namespace sweetspot::tuner
