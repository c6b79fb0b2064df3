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

double ln_throughput(const Window& w) { return ArmData{w, 1}.log_throughput(); }

}  // namespace

void HoldMonitor::begin(Duration guard, Duration residence) {
  residence_ = residence;
  fell_ = rose_ = failing_ = 0;
  restart(guard);
}

void HoldMonitor::forget() {
  fresh_.reset();
  pooled_.clear();
  binding_ = fell_ = rose_ = failing_ = 0;
  last_ = Window();
}

void HoldMonitor::expect(const Window& before) {
  if (pooled_.empty()) pooled_.push_back(before);
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
  Window sum = pooled_.front();
  for (std::size_t i = 1; i < pooled_.size(); ++i) sum.merge(pooled_[i]);
  return sum;
}

// Without the latency, whose sum is dear.
Window HoldMonitor::counts() const {
  Window sum;
  for (const Window& w : pooled_) {
    sum.successes += w.successes;
    sum.span += w.span;
  }
  return sum;
}

std::optional<Window> HoldMonitor::take_fresh() { return std::exchange(fresh_, std::nullopt); }

HoldMonitor::Event HoldMonitor::add(const Window& window, double phi,
                                    std::optional<Duration> late_after) {
  if (!slicer_.add(window) && !has_collapsed(phi)) return Event::none;
  last_ = slicer_.slice();
  if (const Duration r = residence(last_); r > Duration::zero()) residence_ = (residence_ + r) / 2;
  restart(Duration::zero());
  return classify(phi, late_after);
}

// So few answers that no more of them are needed to see a fall.
bool HoldMonitor::has_collapsed(double phi) const {
  const Window& seen = slicer_.slice();
  if (pooled_.empty() || seen.span < shortest_window(residence_)) return false;
  const double expected = counts().throughput() * seconds(seen.span);
  const double found = static_cast<double>(seen.successes) + 0.5;
  const double error = std::sqrt(std::max(phi, scatter()) / found);
  return found < collapse * expected && std::log(expected / found) > 2 * change_z * error;
}

// Windows that scatter more than counts would are a noisy host's, not each a new capacity.
double HoldMonitor::scatter() const {
  constexpr std::size_t enough = 4;
  if (pooled_.size() < enough) return 0;
  const Window all = counts();
  if (all.successes == 0) return 0;
  double squares = 0;
  for (const Window& w : pooled_) {
    const double n = static_cast<double>(w.successes);
    squares += n * n / seconds(w.span);
  }
  const double chi_squared = squares / all.throughput() - static_cast<double>(all.successes);
  return chi_squared / static_cast<double>(pooled_.size() - 1);
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
    pooled_.clear();
    fresh_.reset();
    fell_ = rose_ = 0;
    return Event::window;
  }
  if (!pooled_.empty()) {
    const Window before = counts();
    const double d = ln_throughput(last_) - ln_throughput(before);
    const double error =
        std::sqrt(std::max(phi, scatter()) * (1 / (static_cast<double>(last_.successes) + 0.5) +
                                              1 / (static_cast<double>(before.successes) + 0.5)));
    const bool differs = std::abs(d) > change_z * error;
    fell_ = differs && d < std::log(1 - change) ? fell_ + 1 : 0;
    if (d < std::log(collapse) && d < -2 * change_z * error)
      fell_ = std::max(fell_, windows_that_fell);
    rose_ = differs && d > std::log(1 + change) ? rose_ + 1 : 0;
    if (fell_ >= windows_that_fell && last_.at_limit_share() > firmly_binding) return Event::fell;
    if (rose_ >= 2) return Event::rose;
    if (fell_ + rose_ > 0) return Event::window;  // not pooled until the next window agrees
  }
  pooled_.push_back(last_);
  if (pooled_.size() > pool_size) pooled_.pop_front();
  if (fresh_) {
    fresh_->merge(last_);
  } else {
    fresh_ = last_;
  }
  return Event::window;
}

}  // namespace sweetspot::tuner
