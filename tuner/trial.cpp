#include "tuner/trial.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::tuner {

namespace {

constexpr Duration shortest_slice = std::chrono::milliseconds(30);
constexpr Duration longest_slice = std::chrono::seconds(2);
constexpr Duration shortest_timeout = std::chrono::seconds(8);
constexpr Duration shortest_tick = std::chrono::milliseconds(5);
constexpr std::uint64_t usual_samples = 60, samples_at_first = 40;  // of a trial's first slices
constexpr std::uint64_t samples_of_leap = 12;  // twice the growth tells as much with a quarter
constexpr std::uint64_t least_samples = 30;    // of a slice that is cut short
constexpr int held_again = 3;                  // a turn of the held arm after one of the other
constexpr Duration longest_tick = std::chrono::milliseconds(50);

}  // namespace

Trial::Trial(Plan plan) : plan_(std::move(plan)) {
  residence_[0] = plan_.residence;
  residence_[1] = plan_.residence;
  if (plan_.rule.up) residence_[1] = from_seconds(seconds(plan_.residence) * plan_.longer);
  if (plan_.known) {
    take(*plan_.known);
    rate_[0] = plan_.known->throughput();
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
  plan_length(target);
  slicer_ = Slicer(target);
}

// Where the rate is known the length is fixed beforehand, in whole residences: a slice that ended
// with its n-th answer would end in a burst of a cohort, and count too much.
void Trial::plan_length(Slicer::Target& target) const {
  const Duration r = std::max<Duration>(slice_residence(), std::chrono::milliseconds(1));
  const int arm = is_held(turn_) ? 0 : 1;
  const double rate = rate_[arm] > 0 ? rate_[arm] : rate_[0];
  const bool leaps = plan_.rule.up && plan_.other > 2 * plan_.held;
  const std::uint64_t first = !plan_.rule.first || plan_.rule.probe ? usual_samples
                              : leaps                               ? samples_of_leap
                                                                    : samples_at_first;
  const auto samples = std::min<std::uint64_t>(first << std::min(turn_ / 4, 3), 480);
  target.samples = rate > 0 ? 0 : samples;
  target.at_most = std::max(10 * r, longest_slice);
  const double wanted = rate > 0 ? static_cast<double>(samples) / rate : 0;
  const auto residences = std::clamp(std::ceil(wanted / seconds(r)), 3.0, 1e6);
  target.at_least =
      std::clamp(from_seconds(residences * seconds(r)), shortest_slice, target.at_most);
}

void Trial::take(const Window& slice, double burst) {
  if (is_held(turn_)) {
    held_.add(slice, phi(), burst);
    if (turn_ == 0) {
      before_ = slice;
    } else {
      after_ = slice;
    }
  } else {
    other_.add(slice, phi(), burst);
    lately_ = ArmData();
    lately_.tally(slice, burst);
    after_.reset();
  }
}

std::optional<Ruling> Trial::add(const Window& window) {
  measured_ += window.span;
  between_slices_ = slicer_.add(window);
  return between_slices_ ? end_slice() : std::nullopt;
}

std::optional<Ruling> Trial::cut() {
  if (slicer_.slice().successes < least_samples) return std::nullopt;
  between_slices_ = true;
  return end_slice();
}

std::optional<Ruling> Trial::end_slice() {
  const Window slice = slicer_.slice();
  if (const Duration r = residence(slice); r > Duration::zero()) {
    Duration& known = residence_[is_held(turn_) ? 0 : 1];
    known = known > Duration::zero() ? (known + r) / 2 : r;
  }
  rate_[is_held(turn_) ? 0 : 1] = slice.throughput();
  take(slice, slicer_.burst());
  if (plan_.rule.up && turn_ == 0 && !held_.binds()) {
    return Ruling{.move = false, .reason = Reason::not_binding, .figures = {}};
  }
  const Duration timeout = std::max(shortest_timeout, 30 * std::max(residence_[0], residence_[1]));
  const auto ruling = judge(lo(), hi(), plan_.rule, phi(),
                            measured_ > timeout && std::min(held_.slices, other_.slices) >= 2);
  const bool plain = ruling && plan_.rule.up && is_plain(lo(), hi(), plan_.rule, ruling->figures);
  if (ruling && (!ruling->move || after_ || plain || plan_.rule.urgent)) return ruling;
  const int before = limit();
  // To leave a settled limit it must have been measured again: else a change of the world that came
  // with the switch would pass for the other limit's doing.
  turn_ = ruling ? held_again : turn_ + 1;
  begin_slice(before);
  return std::nullopt;
}

Duration Trial::tick() const {
  if (explores() && !plan_.rule.up) return shortest_tick;  // the queue is watched closely
  return std::clamp<Duration>(slice_residence() / 4, shortest_tick, longest_tick);
}

double Trial::phi() const {
  return std::max({plan_.phi, dispersion(held_.sum), dispersion(other_.sum),
                   std::min(scatter(held_, other_), 10.0)});
}

double Trial::leaning_by(const ArmData& other) const {
  if (held_.slices == 0 || other.slices == 0) return 0;
  const bool up = plan_.rule.up;
  const double z = figures(up ? held_ : other, up ? other : held_, plan_.rule.e_star, phi()).z;
  return up ? z : -z;
}

double Trial::leaning() const { return leaning_by(other_); }
double Trial::leaning_lately() const { return leaning_by(lately_); }

void Trial::search_on(bool anew) {
  plan_.rule.probe = false;
  if (anew) other_ = lately_;
}

void Trial::resume(std::optional<Window> meanwhile) {
  turn_ = 0;
  if (meanwhile) take(*meanwhile);
  turn_ = 1;
  begin_slice(plan_.held);
}

}  // namespace sweetspot::tuner
