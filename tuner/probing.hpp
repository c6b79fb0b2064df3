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
  void count(std::uint64_t served, Where where, TimePoint now);
  void clear() { seconds_.clear(); }
  double share() const;  // of the last minute, 0..1

  // Whether `more` requests away from the held limit keep the share at or under `most`: asked
  // before a probe and at each of its ticks. One direction may use 60 % of it, so that dear probes
  // upwards leave something for those downwards; and 40 % where it overtakes the other, which still
  // saves up for its own. Where a minute has too few requests for any probe, each direction earns
  // one by half the budget of what was served since its last.
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

  // Served since a direction's last stretch: at the held limit, then away from it.
  struct Earned {
    void count(std::uint64_t served, bool held, bool other);
    std::uint64_t at_held = 0, away = 0;
  };
  Earned above_, below_;
};

}  // namespace sweetspot::tuner
