#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "tuner/time.hpp"

namespace sweetspot::tuner {

// When a hold looks up and down: every 2 s at first; each probe that changes nothing doubles its
// direction's interval, to 16 s upwards and 8 s downwards. A value.
class ProbeSchedule {
 public:
  struct Probe {
    bool up = true;
    // Upwards all but every eighth are half steps: what a doubling brings the search has asked, and
    // a half step costs users less latency. Downwards every third.
    bool refine = false;
  };

  void reset(TimePoint now);
  // The longest waiting first. `overloaded`: up within 5 s.
  std::vector<Probe> due(TimePoint now, bool overloaded) const;
  void changed_nothing(bool up, TimePoint now);
  void aborted(TimePoint now);  // downwards, for fear of shedding: doubles to ten minutes
  // It needs another visit to come to an answer; at once where it leans towards a change.
  void goes_on(bool up, bool leans, TimePoint now);

 private:
  struct Direction {
    Duration interval;
    TimePoint at;
    int count = 0;
  };
  Direction up_{}, down_{};
  Duration abort_interval_{};
};

// How many of the requests of the last minute of hold were served above and below the held limit.
// A value; keeps one entry a second.
class ExplorationBudget {
 public:
  enum class Where { held, above, below };
  // `overtakes`: by a probe that went before one which saves up.
  void count(std::uint64_t served, Where where, TimePoint now, bool overtakes = false);
  void clear() { seconds_.clear(); }
  double share() const;  // of the last minute, 0..1

  // Whether `more` requests away from the held limit keep the share at or under `most`: asked
  // before a probe and at each of its ticks. One direction may use 60 % of it, so that dear probes
  // upwards leave something for those downwards; and 40 % where it overtakes the other, which saves
  // up. Where a minute has too few requests for any probe, one is earned by what was served since
  // the last that did not overtake.
  bool allows(double more, double most, Where where, bool overtakes = false) const;

 private:
  struct Second {
    std::int64_t second;
    std::uint64_t served = 0, above = 0, below = 0;
  };
  struct Sums {
    double served = 0, above = 0, below = 0;
    double away() const { return above + below; }
  };
  Sums sums() const;

  std::deque<Second> seconds_;

  // Of the last stretch: served at the held limit, then away from it, and by overtaking probes.
  std::uint64_t at_held_ = 0, away_since_ = 0;
  bool overtook_ = true;
};

}  // namespace sweetspot::tuner
