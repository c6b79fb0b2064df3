#include "tuner/relief.hpp"

#include <algorithm>
#include <cmath>

#include "tuner/comparison.hpp"

namespace sweetspot::tuner {

namespace {

constexpr double fewest = 0.01, most = 0.25;  // share turned away; doubling a knee brings no more
constexpr int more_than_a_burst = 10;         // windows
constexpr Duration grows_over = std::chrono::seconds(2);
constexpr Duration settled_for = std::chrono::seconds(10);
constexpr Duration longest_interval = std::chrono::minutes(10);
constexpr Duration guard = std::chrono::seconds(2);  // what is overdue already leaves the queue
constexpr Duration slice = std::chrono::seconds(1);
constexpr Duration must_not_shed_by = std::chrono::seconds(5);
constexpr Duration must_shrink_by = std::chrono::seconds(10);
constexpr Duration longest = std::chrono::seconds(30);
constexpr double shrunk = 0.9;  // of the queue's fill at the begin
constexpr double none = 0.001;

}  // namespace

bool Relief::is_due(const Window& held, int windows, Duration held_for, TimePoint now) const {
  if (held.limit == reached_ || now < next_ || windows < more_than_a_burst) return false;
  const double shed = held.shed_share();
  if (shed < none) return queue_.goes_on(most * held.throughput());
  return shed >= fewest && shed <= most && held_for >= settled_for;
}

void Relief::watch(const Window& last, Duration residence, TimePoint now) {
  queue_.add(last, now, std::max(grows_over, 40 * residence));
}

void Relief::begin(const Window& held, Duration residence, TimePoint now) {
  under_way_ = true;
  held_ = held;
  queue_.clear();
  residence_ = residence;
  looked_ = {};
  next_ = now + interval_;
  interval_ = std::min(2 * interval_, longest_interval);
  begin_slice(std::max(guard, 5 * residence));
}

void Relief::begin_slice(Duration after) {
  const Duration at_least = std::max(slice, 5 * residence_);
  slicer_ = Slicer({.guard = after, .samples = 60, .at_least = at_least, .at_most = 4 * at_least});
}

std::optional<Relief::Answer> Relief::add(const Window& window) {
  looked_ += window.span;
  if (!slicer_.add(window)) return std::nullopt;
  seen_ = slicer_.slice();
  begin_slice({});
  const auto answer = judge();
  if (answer) end();
  if (answer == Answer::serves_all) reached_ = window.limit;
  return answer;
}

bool Relief::has_looked(Duration span) const { return looked_ >= std::max(span, 25 * residence_); }

std::optional<Relief::Answer> Relief::judge() const {
  const double shed = seen_.shed_share();
  if (shed > held_.shed_share() / 2) return Answer::turns_away;
  if (shed < none && seen_.at_limit_share() < always_binding) {
    // Unless those who were turned away are no longer there.
    const double n = static_cast<double>(seen_.successes) + 0.5;
    const double gain = std::log(seen_.throughput() / std::max(held_.throughput(), 1e-9));
    const bool serves_more = gain > held_.shed_share() / 2 - 1 / std::sqrt(n);
    return serves_more ? Answer::serves_all : Answer::turns_away;
  }
  if (shed >= none && has_looked(must_not_shed_by)) return Answer::turns_away;
  if (seen_.queue_fill > shrunk * held_.queue_fill && has_looked(must_shrink_by))
    return Answer::turns_away;
  return looked_ > longest ? std::optional(Answer::serves_all) : std::nullopt;
}

void Relief::forget() {
  under_way_ = false;
  reached_ = 0;
  queue_.clear();
  interval_ = first_interval;
  next_ = {};
}

}  // namespace sweetspot::tuner
