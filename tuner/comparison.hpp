#pragma once

#include <optional>

#include "tuner/objective.hpp"
#include "tuner/time.hpp"
#include "tuner/verdict.hpp"
#include "tuner/window.hpp"

namespace sweetspot::tuner {

// One arm of a comparison: all slices measured at its limit so far. A value.
struct ArmData {
  Window sum{};
  int slices = 0;
  double squares = 0;  // of the slices' successes over their spans
  double uneven = 0;   // variance that the slices' bursts add to the successes

  // Where the new slice differs from the earlier ones by more than 15 % and three standard errors,
  // or by half and two, the world has changed: only the newest slice is kept.
  // `burst`: Slicer::burst() of the slice.
  void add(const Window& slice, double phi, double burst = 0);
  void tally(const Window& slice, double burst = 0);  // without that question
  double log_throughput() const;                      // finite also where nothing succeeded
  double log_in_flight() const;
  double scatter() const;  // chi-squared of the slices' successes
  int freedom() const;     // its degrees
  bool binds() const;      // in-flight was at the limit for over 40 % of the time
};

// The share of time at the limit above which a limit is said to bind.
inline constexpr double binding_share = 0.4;

// ... below which it is free now and then: whoever comes is served soon.
inline constexpr double always_binding = 0.98;

// The dispersion of counts, from the squared variation of latency; at least 0.3, at most 10.
double dispersion(const Window& window);

// How much more the slices of two arms scatter than independent counts would; 0 where too few.
// Noise of the host, which latency within a slice does not show, is seen here.
double scatter(const ArmData& a, const ArmData& b);

// The standard error of the difference of two arms' ln X.
double error_of_gain(const ArmData& a, const ArmData& b, double phi);

// What two arms say about e = d ln X / d ln N.
struct Figures {
  double gain = 0;        // d ln X
  double growth = 0;      // d ln N, of the measured mean in-flight
  double error = 1;       // standard error of gain
  double z = 0;           // (gain - e* growth) / error
  double elasticity = 0;  // gain / growth; 0 where growth is too small to divide by
};
Figures figures(const ArmData& lo, const ArmData& hi, double e_star, double phi);

// How a comparison is judged.
struct Rule {
  bool up = true;      // the limit held is the lower one, and the question is whether to climb
  bool probe = false;  // from hold: the one slice that speaks for staying is enough
  bool first = false;  // nothing was held yet: less evidence is enough for a plain gain
  // Downwards, where much speaks for a smaller limit already: it is enough that the larger one is
  // not worth it by far. A search that descends looks upwards again.
  bool urgent = false;
  bool refine = false;   // a step of less than a doubling: slight evidence for staying is enough
  bool settled = false;  // from hold: more slices, so that the host's noise shows in their scatter
  Objective objective = Objective::balanced;
  double e_star = 0.40;
  std::optional<Duration> p99_bound{};   // objective latency
  std::optional<Duration> late_after{};  // answers slower than this are late
};

// What a comparison came to.
struct Ruling {
  bool move = false;  // leave the held limit for the other
  Reason reason = Reason::inconclusive;
  Figures figures;
};

// None while more slices are needed. `time_is_up`: rule by what there is.
std::optional<Ruling> judge(const ArmData& lo, const ArmData& hi, const Rule& rule, double phi,
                            bool time_is_up);

// Where over 10 % of the larger limit's answers are late or fail, and twice as many as at the
// smaller.
std::optional<Reason> lost_answers(const ArmData& lo, const ArmData& hi, const Rule& rule);

// A gain so nearly in proportion to the growth that no second pair of slices is needed to see it.
bool is_plain(const ArmData& lo, const ArmData& hi, const Rule& rule, const Figures& figures);

// An arm as a verdict shows it.
Arm summary(const ArmData& data);

}  // namespace sweetspot::tuner
