#include "tuner/search.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sweetspot::tuner {

namespace {

constexpr Duration first_term = std::chrono::seconds(60);
constexpr Duration longest_term = std::chrono::minutes(10);
constexpr int wide_from = 16;
constexpr double narrow = 0.12;
constexpr double broad = 0.4;
constexpr double steep = 0.6;

int rounded(double value) { return static_cast<int>(std::lround(value)); }

}  // namespace

void PoisonedLimits::add(int limit, TimePoint now) {
  for (Entry& entry : entries_) {
    if (entry.limit != limit) continue;
    entry.term = std::min(entry.term * 2, longest_term);
    entry.until = now + entry.term;
    return;
  }
  entries_.push_back({limit, first_term, now + first_term});
}

bool PoisonedLimits::allows(int limit, TimePoint now) const {
  return std::none_of(entries_.begin(), entries_.end(),
                      [&](const Entry& e) { return limit >= e.limit && now < e.until; });
}

void Search::begin(Start start) {
  *this = Search();
  descends_ = wide_ = start == Start::verify;
}

std::optional<Search::Step> Search::step_up(int held, bool refine, Bounds bounds) {
  const int other = refine ? rounded(held * std::numbers::sqrt2)
                           : static_cast<int>(std::min<long long>(2LL * held, bounds.max));
  if (other <= held || other > bounds.max || (refine && other >= 2 * held)) return std::nullopt;
  return Step{.other = other, .up = true, .refine = refine};
}

std::optional<Search::Step> Search::step_down(int held, bool refine, Bounds bounds) {
  const int other = refine ? rounded(held / std::numbers::sqrt2) : std::max(held / 2, bounds.min);
  if (other >= held || other < bounds.min || (refine && other <= held / 2)) return std::nullopt;
  return Step{.other = other, .up = false, .refine = refine};
}

std::optional<Search::Step> Search::step_wide(int held, Bounds bounds) {
  if (held < wide_from || held / 4 < bounds.min) return std::nullopt;
  return Step{.other = held / 4, .up = false, .wide = true};
}

std::optional<Search::Step> Search::step_leap(int held, Bounds bounds) {
  if (4 * held > std::min(wide_from, bounds.max)) return std::nullopt;
  return Step{.other = 4 * held, .up = true, .wide = true};
}

std::optional<Search::Step> Search::next(int held, Bounds bounds, const PoisonedLimits& poisoned,
                                         TimePoint now, bool starving) const {
  const auto upwards = [&]() -> std::optional<Step> {
    if (leaps_ && starving && up_ == Question::open) {
      const auto leap = step_leap(held, bounds);
      if (leap && poisoned.allows(leap->other, now)) return leap;
    }
    for (bool refine : {false, true}) {
      if ((refine ? up_half_ : up_) != Question::open) continue;
      const auto step = step_up(held, refine, bounds);
      if (step && poisoned.allows(step->other, now)) return step;
    }
    return std::nullopt;
  };
  const auto downwards = [&]() -> std::optional<Step> {
    if (const auto step = wide_ ? step_wide(held, bounds) : std::nullopt) return step;
    if (down_ == Question::open) {
      if (const auto step = step_down(held, false, bounds)) return step;
    }
    // Only a halving that was refused leaves something in between worth asking for.
    if (down_ == Question::answered && down_half_ == Question::open)
      return step_down(held, true, bounds);
    return std::nullopt;
  };
  const auto first = descends_ ? downwards() : upwards();
  return first ? first : descends_ ? upwards() : downwards();
}

// Whether half of a limit that was climbed to is yet to be asked for.
Search::Question Search::below_a_climb(const Step& step, Reason reason, double margin) {
  using enum Question;
  // A climb for what is no longer shed has not shown that less would bring less, nor has a leap of
  // what lies in its middle, unless both halves together bring so much that each is worth it.
  if (reason == Reason::shedding_relieved) return open;
  if (step.wide) return margin > steep ? closed : open;
  // A doubling has just shown that half is worse. Where it barely paid, its upper half may not.
  return !step.refine && margin < narrow ? answered : closed;
}

void Search::ruled(const Step& step, bool moved, Reason reason, double margin) {
  using enum Question;
  if (moved && step.up) {
    descends_ = wide_ = false;
    // A doubling that this search refused is not asked again, unless the half step says the world
    // changed.
    const bool again = !step.refine || up_ == open || margin > broad;
    up_ = up_half_ = again ? open : closed;
    down_ = below_a_climb(step, reason, margin);
    down_half_ = open;
  } else if (moved) {
    up_ = step.wide ? open : closed;
    up_half_ = step.refine ? closed : open;
    down_ = down_half_ = open;
  } else if (reason == Reason::not_binding) {
    up_ = up_half_ = down_ = down_half_ = closed;
    wide_ = false;
  } else if (reason == Reason::probe_aborted) {
    down_ = down_half_ = closed;
    wide_ = false;
  } else if (step.up && step.wide) {
    leaps_ = false;
  } else if (step.up) {
    (step.refine ? up_half_ : up_) = answered;
  } else if (step.wide) {
    wide_ = false;
    // Each half brings its size at most. So where both together bring this much, each is worth it.
    if (reason == Reason::smaller_is_worse && margin > steep) down_ = closed;
  } else {
    (step.refine ? down_half_ : down_) = answered;
    // Where half costs in proportion, so does what lies in between.
    if (!step.refine && reason == Reason::smaller_is_worse && margin > broad) down_half_ = answered;
  }
}

}  // namespace sweetspot::tuner
