#include "tuner/trial.hpp"

#include <algorithm>

namespace sweetspot::tuner {

namespace {

using std::chrono::milliseconds;

constexpr Duration shortest_slice = milliseconds(30);
constexpr Duration longest_slice = std::chrono::seconds(2);
constexpr Duration shortest_timeout = std::chrono::seconds(8);
constexpr Duration shortest_tick = milliseconds(5);
constexpr Duration longest_tick = milliseconds(50);

}  // namespace

Trial::Trial(Plan plan, TimePoint now) : plan_(std::move(plan)), began_(now) {
  // Until it is measured, the larger limit is taken to bring latency alone.
  residence_[0] = plan_.residence;
  residence_[1] = plan_.residence;
  if (plan_.rule.up) residence_[1] = plan_.residence * plan_.other / std::max(plan_.held, 1);
  if (plan_.known) {
    take(*plan_.known);
    ++turn_;
  }
  begin_slice(plan_.in_force);
}

void Trial::begin_slice(int limit_before) {
  const Duration r = slice_residence();
  Slicer::Target target;
  if (limit() > limit_before) {
    // The permits that a raise hands out at once form a cohort that finishes together.
    target.guard = r + r / 2;
  } else if (limit() < limit_before) {
    target.guard = std::max(residence_[0], residence_[1]);
  }
  target.samples = std::min<std::uint64_t>(60ULL << std::min(turn_ / 4, 3), 480);
  target.at_least = std::max(3 * r, shortest_slice);
  target.at_most = std::max(10 * r, longest_slice);
  slicer_ = Slicer(target);
}

void Trial::take(const Window& slice) {
  if (is_held(turn_)) {
    held_.add(slice, phi());
    if (turn_ == 0) {
      before_ = slice;
    } else {
      after_ = slice;
    }
  } else {
    other_.add(slice, phi());
    after_.reset();
  }
}

std::optional<Ruling> Trial::add(const Window& window, TimePoint now) {
  if (!slicer_.add(window)) return std::nullopt;
  const Window& slice = slicer_.slice();
  if (const Duration r = residence(slice); r > Duration::zero()) {
    Duration& known = residence_[is_held(turn_) ? 0 : 1];
    known = known > Duration::zero() ? (known + r) / 2 : r;
  }
  take(slice);
  const Duration timeout = std::max(shortest_timeout, 30 * std::max(residence_[0], residence_[1]));
  if (auto ruling = judge(lo(), hi(), plan_.rule, phi(), now - began_ > timeout)) return ruling;
  const int before = limit();
  ++turn_;
  begin_slice(before);
  return std::nullopt;
}

Duration Trial::tick() const {
  return std::clamp<Duration>(slice_residence() / 4, shortest_tick, longest_tick);
}

double Trial::phi() const {
  return std::max({plan_.phi, dispersion(held_.sum), dispersion(other_.sum)});
}

double Trial::z() const {
  if (held_.slices == 0 || other_.slices == 0) return 0;
  return figures(lo(), hi(), plan_.rule.e_star, phi()).z;
}

}  // namespace sweetspot::tuner
