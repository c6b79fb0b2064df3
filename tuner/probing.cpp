#include "tuner/probing.hpp"

#include <algorithm>
#include <utility>

namespace sweetspot::tuner {

namespace {

constexpr Duration first_interval = std::chrono::seconds(2);
constexpr Duration longest_up = std::chrono::seconds(16);
constexpr Duration longest_down = std::chrono::seconds(8);
constexpr Duration first_after_abort = std::chrono::seconds(15);
constexpr Duration longest_after_abort = std::chrono::minutes(10);
constexpr Duration overloaded_up = std::chrono::seconds(5);
constexpr double one_way = 0.6;  // of the budget, at most, in one direction

}  // namespace

void ProbeSchedule::reset(TimePoint now) {
  up_ = {.interval = first_interval, .at = now + first_interval, .count = 0};
  down_ = {.interval = first_interval, .at = now + first_interval + first_interval / 2, .count = 0};
  abort_interval_ = first_after_abort;
}

std::vector<ProbeSchedule::Probe> ProbeSchedule::due(TimePoint now, bool overloaded) const {
  TimePoint up_at = up_.at;
  if (overloaded && up_.interval > overloaded_up) up_at -= up_.interval - overloaded_up;
  std::vector<Probe> due;
  if (now >= up_at) due.push_back({.up = true, .refine = up_.count % 8 != 7});
  if (now >= down_.at) due.push_back({.up = false, .refine = down_.count % 3 == 2});
  if (due.size() > 1 && down_.at < up_at) std::swap(due.front(), due.back());
  return due;
}

void ProbeSchedule::changed_nothing(bool up, TimePoint now) {
  Direction& direction = up ? up_ : down_;
  direction.interval = std::min(direction.interval * 2, up ? longest_up : longest_down);
  direction.at = now + direction.interval;
  ++direction.count;
}

void ProbeSchedule::aborted(TimePoint now) {
  down_.at = now + abort_interval_;
  abort_interval_ = std::min(abort_interval_ * 2, longest_after_abort);
  ++down_.count;
}

void ProbeSchedule::goes_on(bool up, bool leans, TimePoint now) {
  Direction& direction = up ? up_ : down_;
  direction.at = leans ? now : now + direction.interval;
  // A half step downwards may take many visits, which must not keep the whole steps waiting.
  if (!up && !leans) ++direction.count;
}

void ExplorationBudget::count(std::uint64_t served, Where where, TimePoint now, bool overtakes) {
  const auto second =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (seconds_.empty() || seconds_.back().second != second) seconds_.push_back({second});
  Second& present = seconds_.back();
  present.served += served;
  if (where != Where::held) (where == Where::above ? present.above : present.below) += served;
  if (where == Where::held && !std::exchange(overtook_, true)) at_held_ = away_since_ = 0;
  (where == Where::held ? at_held_ : away_since_) += served;
  if (where != Where::held) overtook_ = overtakes;
  while (seconds_.front().second <= second - 60) seconds_.pop_front();
}

double ExplorationBudget::share() const {
  const Sums s = sums();
  return s.served > 0 ? s.away() / s.served : 0;
}

bool ExplorationBudget::allows(double more, double most, Where where, bool overtakes) const {
  const Sums s = sums();
  const double this_way = where == Where::above ? s.above : s.below;
  const double budget = most * s.served;
  const double share = overtakes ? 1 - one_way : one_way;
  const bool within = s.away() + more <= budget && this_way + more <= share * budget;
  if (within || overtakes) return within;
  return static_cast<double>(away_since_) + more <= most * static_cast<double>(at_held_);
}

ExplorationBudget::Sums ExplorationBudget::sums() const {
  Sums sums;
  for (const Second& each : seconds_) {
    sums.served += static_cast<double>(each.served);
    sums.above += static_cast<double>(each.above);
    sums.below += static_cast<double>(each.below);
  }
  return sums;
}

}  // namespace sweetspot::tuner
