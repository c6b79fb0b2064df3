#pragma once

#include <optional>
#include <vector>

#include "tuner/time.hpp"
#include "tuner/verdict.hpp"

namespace sweetspot::tuner {

// Limits that left the backend worse off after the return from them. A value.
class PoisonedLimits {
 public:
  void add(int limit, TimePoint now);  // for 60 s, doubling to 10 min where it happens again
  bool allows(int limit, TimePoint now) const;  // false at and above a poisoned limit
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    int limit;
    Duration term;
    TimePoint until;
  };
  std::vector<Entry> entries_;
};

// Plans which comparison comes next for the limit held: doublings and halvings first (a fourfold
// leap where many starve at a small limit), then one half step to each side; what an earlier
// comparison of this search has answered is not asked again.
class Search {
 public:
  enum class Start {
    climb,   // upwards first, then verify downwards
    verify,  // downwards first, a quarter at once while above 16
  };
  struct Step {
    int other = 0;
    bool up = true;
    bool refine = false;  // a half step: sqrt(2)
    bool wide = false;    // two doublings: down to a quarter, or a leap
  };
  struct Bounds {
    int min = 1, max = 1;
  };

  void begin(Start start);
  // `starving`: three quarters are turned away, so that four times as many might be served.
  std::optional<Step> next(int held, Bounds bounds, const PoisonedLimits& poisoned, TimePoint now,
                           bool starving = false) const;
  // `margin`: by how much the elasticity passed e*.
  void ruled(const Step& step, bool moved, Reason reason, double margin = 1);
  bool descends() const { return descends_; }

  // A single step, as probes from hold take it.
  static std::optional<Step> step_up(int held, bool refine, Bounds bounds);
  static std::optional<Step> step_down(int held, bool refine, Bounds bounds);
  static std::optional<Step> step_wide(int held, Bounds bounds);  // a quarter, from 16 upwards
  static std::optional<Step> step_leap(int held, Bounds bounds);  // fourfold, up to 16

 private:
  enum class Question { open, closed, answered };  // answered: asked at this limit, said stay
  static Question below_a_climb(const Step& step, Reason reason, double margin);

  bool descends_ = false;
  bool wide_ = false;
  bool leaps_ = true;  // no leap of this search was refused
  Question up_ = Question::open, up_half_ = Question::open;
  Question down_ = Question::open, down_half_ = Question::open;
};

}  // namespace sweetspot::tuner
