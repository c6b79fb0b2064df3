#include "tuner/hold.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tuner/comparison.hpp"

namespace sweetspot::tuner {

namespace {

constexpr std::size_t pool_size = 16;
constexpr double change = 0.18;
constexpr double change_z = 3.5;
constexpr double collapse = 0.5;  // of throughput, with twice the certainty: one window is enough
constexpr int windows_that_fell = 4;  // what a neighbour takes for half a second is no new capacity
constexpr int windows_that_bind = 5;  // where demand leaves the limit now and then
constexpr double bad_share = 0.1;
constexpr double firmly_binding = 0.8;  // else a fall may be the demand's

Duration shortest_window(Duration residence) {
  return std::max<Duration>(4 * residence, std::chrono::milliseconds(200));
}

}  // namespace

void HoldMonitor::begin(Duration guard, Duration residence) {
  residence_ = residence;
  fell_ = rose_ = failing_ = 0;
  restart(guard);
}

void HoldMonitor::forget() {
  fresh_.reset();
  expected_.reset();
  pooled_.clear();
  binding_ = fell_ = rose_ = failing_ = 0;
  last_ = Window();
  last_burst_ = 0;
}

void HoldMonitor::expect(const Window& before) {
  if (pooled_.empty() && !expected_) expected_ = before;
}

void HoldMonitor::restart(Duration guard) {
  slicer_ = Slicer({.guard = guard,
                    .samples = 100,
                    .at_least = shortest_window(residence_),
                    .at_most = std::max<Duration>(10 * residence_, std::chrono::seconds(2))});
}

bool HoldMonitor::binds() const {
  return binding_ >= windows_that_bind ||
         (binding_ >= 2 && last_.at_limit_share() > firmly_binding);
}

std::optional<Window> HoldMonitor::pool() const {
  if (pooled_.empty()) return std::nullopt;
  Window sum = pooled_.front().window;
  for (std::size_t i = 1; i < pooled_.size(); ++i) sum.merge(pooled_[i].window);
  return sum;
}

ArmData HoldMonitor::counts() const {
  ArmData all;
  for (const auto& [window, burst] : pooled_) {
    Window counted;
    counted.successes = window.successes;
    counted.span = window.span;
    all.tally(counted, burst);
  }
  return all;
}

std::optional<Window> HoldMonitor::take_fresh() { return std::exchange(fresh_, std::nullopt); }

HoldMonitor::Event HoldMonitor::add(const Window& window, double phi,
                                    std::optional<Duration> late_after) {
  if (!slicer_.add(window) && !has_collapsed(phi)) return Event::none;
  last_ = slicer_.slice();
  last_burst_ = slicer_.burst();
  if (const Duration r = residence(last_); r > Duration::zero()) residence_ = (residence_ + r) / 2;
  restart(Duration::zero());
  return classify(phi, late_after);
}

// So few answers that no more of them are needed to see a fall.
bool HoldMonitor::has_collapsed(double phi) const {
  const Window& seen = slicer_.slice();
  if (seen.span < shortest_window(residence_)) return false;
  const double before =
      pooled_.empty() && expected_ ? expected_->throughput() : counts().sum.throughput();
  const double expected = before * seconds(seen.span);
  const double found = static_cast<double>(seen.successes) + 0.5;
  const double error = std::sqrt(std::max(phi, scatter()) / found);
  return found < collapse * expected && std::log(expected / found) > 2 * change_z * error;
}

// Windows that scatter more than counts would are a noisy host's, not each a new capacity.
double HoldMonitor::scatter() const {
  constexpr std::size_t enough = 4;
  if (pooled_.size() < enough) return 0;
  const ArmData all = counts();
  return all.scatter() / all.freedom();
}

// One slice may deceive, so that nothing less than half or twice is told from it.
bool HoldMonitor::is_another_world(double phi) const {
  if (!expected_) return false;
  if (std::min(expected_->at_limit_share(), last_.at_limit_share()) < firmly_binding) return false;
  const Figures f = figures(ArmData{*expected_, 1}, ArmData{last_, 1}, 0, phi);
  return std::abs(f.gain) > std::max(-std::log(collapse), 3 * f.error);
}

HoldMonitor::Event HoldMonitor::classify(double phi, std::optional<Duration> late_after) {
  const bool binding = last_.at_limit_share() > binding_share;
  binding_ = binding ? binding_ + 1 : 0;
  const double late = late_after ? last_.latency.share_above(*late_after) : 0;
  if (std::max(late, last_.failure_share()) > bad_share) {
    return ++failing_ >= 2 ? Event::failing : Event::window;
  }
  failing_ = 0;
  // Where the limit does not bind, throughput is the demand's and says nothing of capacity.
  if (!binding) {
    expected_.reset();
    pooled_.clear();
    fresh_.reset();
    fell_ = rose_ = 0;
    return Event::window;
  }
  if (pooled_.empty() && is_another_world(phi)) pooled_.push_back({*expected_, 0});
  expected_.reset();
  if (!pooled_.empty()) {
    const ArmData before = counts();
    ArmData present;
    present.tally(last_, last_burst_);
    const double d = present.log_throughput() - before.log_throughput();
    const double error = error_of_gain(before, present, std::max(phi, scatter()));
    const bool differs = std::abs(d) > change_z * error;
    fell_ = differs && d < std::log(1 - change) ? fell_ + 1 : 0;
    if (d < std::log(collapse) && d < -2 * change_z * error)
      fell_ = std::max(fell_, windows_that_fell);
    rose_ = differs && d > std::log(1 + change) ? rose_ + 1 : 0;
    if (fell_ >= windows_that_fell && last_.at_limit_share() > firmly_binding) return Event::fell;
    if (rose_ >= 2) return Event::rose;
    if (fell_ + rose_ > 0) return Event::window;  // not pooled until the next window agrees
  }
  pooled_.push_back({last_, last_burst_});
  if (pooled_.size() > pool_size) pooled_.pop_front();
  if (fresh_) {
    fresh_->merge(last_);
  } else {
    fresh_ = last_;
  }
  return Event::window;
}

}  // namespace sweetspot::tuner
