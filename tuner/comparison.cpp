#include "tuner/comparison.hpp"

#include <algorithm>
#include <cmath>

namespace sweetspot::tuner {

namespace {

constexpr double sure = 2.3;                  // standard errors: one-sided 1 %
constexpr double surer = 3.0;                 // for leaving a settled limit
constexpr double plain = 2.6, plainer = 6.0;  // one pair of slices is enough, outside of hold
constexpr double plain_from = 0.6, plain_to = 1.15;  // elasticity; above one the world changed
constexpr double in_proportion = 1.0;                // elasticity of a limit that is far too low
constexpr double hint = 1.0;       // enough to stay, where the step is a refinement
constexpr double screen_e = 0.35;  // a probe upwards goes on only where it may reach this
constexpr double screen_z = -1.64;
constexpr double least_growth = 0.12;  // of ln N: below it the arms are one
constexpr double most_samples = 2500;  // an arm; beyond it the point estimate decides
constexpr std::uint64_t p99_samples = 300;
constexpr double lost = 0.1;  // share of late or failed answers that a larger limit may cost
constexpr double sheds_some = 0.01, sheds_none = 0.001;  // shares of requests
constexpr double unfelt = 0.05;                          // loss of throughput, of ln X

using Answer = std::optional<Ruling>;

double successes(const ArmData& arm) { return static_cast<double>(arm.sum.successes) + 0.5; }

double late_share(const ArmData& arm, const Rule& rule) {
  return rule.late_after ? arm.sum.latency.share_above(*rule.late_after) : 0;
}

// To leave a settled limit, or to climb by a half step where the doubling did not pay, a third pair
// of slices is wanted, so that a noisy host shows in how they scatter, and more certainty.
bool is_strict(const Rule& rule) { return rule.settled || (rule.up && rule.refine); }
int slices_to_leave(const Rule& rule) { return is_strict(rule) ? 3 : 2; }
double z_to_climb(const Rule& rule) { return is_strict(rule) ? surer : sure; }

Ruling stay(Reason reason) { return {.move = false, .reason = reason, .figures = {}}; }
Ruling move(Reason reason) { return {.move = true, .reason = reason, .figures = {}}; }

// What no gain of throughput can buy: late answers, failures, a p99 beyond what is tolerated.
std::optional<Reason> veto(const ArmData& lo, const ArmData& hi, const Rule& rule) {
  if (const auto reason = lost_answers(lo, hi, rule)) return reason;
  if (rule.objective == Objective::latency) return std::nullopt;
  if (std::min(lo.sum.latency.count(), hi.sum.latency.count()) < p99_samples) return std::nullopt;
  const double tolerated = rule.objective == Objective::balanced ? 1.75 : 2.4;
  const double before = seconds(lo.sum.latency.quantile_interval(0.99, 2).high);
  const double after = seconds(hi.sum.latency.quantile_interval(0.99, 2).low);
  if (after > tolerated * before) return Reason::latency_degraded;
  return std::nullopt;
}

// Only in-flight that grew can say anything about what it brings.
Answer judge_without_growth(const ArmData& lo, const ArmData& hi, const Rule& rule) {
  const bool relieved =
      lo.sum.shed_share() > sheds_some && hi.sum.shed_share() < lo.sum.shed_share() / 2;
  if (rule.up && relieved && lo.binds()) return move(Reason::shedding_relieved);
  return stay(Reason::not_binding);
}

Answer judge_up(const ArmData& lo, const ArmData& hi, const Rule& rule, const Figures& f,
                bool over) {
  const int slices = std::min(lo.slices, hi.slices);
  const bool screened = rule.probe && (f.gain - screen_e * f.growth) / f.error < screen_z;
  // To stay costs nothing that a probe cannot mend, to go on trying a limit that loses does.
  const bool plainly_not = !rule.probe && f.z < -surer;
  if (slices >= 2 || screened || plainly_not) {
    if (f.gain < -3 * f.error) return stay(Reason::throughput_loss);
    if (screened || plainly_not || f.z < -(rule.refine ? hint : sure)) return stay(Reason::plateau);
  }
  if (const auto reason = veto(lo, hi, rule)) return stay(*reason);
  if (f.z > z_to_climb(rule) && slices >= slices_to_leave(rule))
    return move(Reason::throughput_gain);
  if (is_plain(lo, hi, rule, f)) return move(Reason::throughput_gain);
  if (!over) return std::nullopt;
  // On a noisy host time runs out often: a sign alone must not lead upwards, least of all from a
  // hold.
  const double enough = rule.settled ? sure : hint / 2;
  if (slices >= slices_to_leave(rule) && f.z > enough && f.gain > 1.5 * f.error)
    return move(Reason::throughput_gain);
  return stay(f.z < -hint ? Reason::plateau : Reason::inconclusive);
}

// Nobody is turned away at the larger limit, and it is free now and then: all demand is served.
// What the smaller one does not serve would wait, and be turned away in the end.
bool serves_all(const ArmData& hi) {
  return hi.sum.shed_share() < sheds_none && hi.sum.at_limit_share() < always_binding;
}

Answer judge_down(const ArmData& lo, const ArmData& hi, const Rule& rule, const Figures& f,
                  bool over) {
  const int slices = std::min(lo.slices, hi.slices);
  const bool newly_sheds = hi.sum.shed_share() < sheds_none && lo.sum.shed_share() > sheds_some;
  if (newly_sheds) return stay(Reason::smaller_is_worse);
  if (serves_all(hi)) {
    if (slices >= 2 && f.gain > sure * f.error) return stay(Reason::smaller_is_worse);
    if (slices >= slices_to_leave(rule) && f.gain + f.error < unfelt)
      return move(Reason::smaller_is_enough);
    return over ? Answer(stay(Reason::inconclusive)) : std::nullopt;
  }
  if (rule.probe && f.z > -screen_z) return stay(Reason::smaller_is_worse);
  if (is_plain(lo, hi, rule, f)) return stay(Reason::smaller_is_worse);
  if (slices >= 2 && f.z > (rule.refine ? hint : sure)) return stay(Reason::smaller_is_worse);
  if (slices >= slices_to_leave(rule) && f.z < -sure) return move(Reason::smaller_is_enough);
  const bool far_from_worth_it = (f.gain - in_proportion / 2 * f.growth) / f.error < -surer;
  if (rule.urgent && far_from_worth_it && f.gain < rule.e_star * f.growth)
    return move(Reason::smaller_is_enough);
  if (!over) return std::nullopt;
  if (slices >= slices_to_leave(rule) && f.gain < rule.e_star * f.growth / 2)
    return move(Reason::smaller_is_enough);
  return stay(f.z > hint ? Reason::smaller_is_worse : Reason::inconclusive);
}

// Objective latency: the largest limit whose p99 meets the bound.
Answer judge_bound(const ArmData& lo, const ArmData& hi, const Rule& rule, const Figures& f,
                   bool over) {
  if (const auto reason = veto(lo, hi, rule); reason && rule.up) return stay(*reason);
  if (rule.up && f.gain < -3 * f.error) return stay(Reason::throughput_loss);
  const Histogram& latency = hi.sum.latency;
  const Duration bound = *rule.p99_bound;
  const bool enough = latency.count() >= p99_samples && std::min(lo.slices, hi.slices) >= 2;
  const auto interval = latency.quantile_interval(0.99, over ? 0 : 1);
  if (!enough && !over) return std::nullopt;
  if (latency.count() < p99_samples / 3) return stay(Reason::inconclusive);
  if (interval.low > bound)
    return rule.up ? stay(Reason::p99_bound_missed) : move(Reason::p99_bound_missed);
  if (interval.high <= bound)
    return rule.up ? move(Reason::p99_bound_met) : stay(Reason::p99_bound_met);
  return std::nullopt;
}

}  // namespace

std::optional<Reason> lost_answers(const ArmData& lo, const ArmData& hi, const Rule& rule) {
  if (late_share(hi, rule) > std::max(lost, 2 * late_share(lo, rule)))
    return Reason::latency_degraded;
  if (hi.sum.failure_share() > std::max(lost, 2 * lo.sum.failure_share())) return Reason::failures;
  return std::nullopt;
}

bool is_plain(const ArmData& lo, const ArmData& hi, const Rule& rule, const Figures& f) {
  // Failures may be the begin of an outage, which a second pair would tell from a gain.
  if (std::max(lo.sum.failure_share(), hi.sum.failure_share()) > lost) return false;
  return !rule.probe && f.z > (rule.first ? plain : plainer) && f.elasticity > plain_from &&
         f.elasticity < plain_to;
}

double error_of_gain(const ArmData& a, const ArmData& b, double phi) {
  const auto variance = [&](const ArmData& arm) {
    return phi / successes(arm) + arm.uneven / (successes(arm) * successes(arm));
  };
  return std::sqrt(variance(a) + variance(b));
}

void ArmData::add(const Window& slice, double phi, double burst) {
  if (slices > 0) {
    ArmData fresh;
    fresh.tally(slice, burst);
    const double change = std::abs(fresh.log_throughput() - log_throughput());
    const double error = error_of_gain(*this, fresh, phi);
    if ((change > 0.15 && change > 3 * error) || (change > 0.4 && change > 2 * error)) {
      *this = fresh;
      return;
    }
  }
  tally(slice, burst);
}

// A burst at either end of a slice is in it or not.
void ArmData::tally(const Window& slice, double burst) {
  uneven += burst * burst / 4;
  sum.merge(slice);
  ++slices;
  const double n = static_cast<double>(slice.successes);
  squares += n * n / std::max(seconds(slice.span), 1e-9);
}

double ArmData::scatter() const {
  const double rate = sum.throughput();
  return slices < 2 || rate <= 0 ? 0 : squares / rate - static_cast<double>(sum.successes);
}

double ArmData::log_throughput() const {
  return std::log(successes(*this) / std::max(seconds(sum.span), 1e-9));
}

double ArmData::log_in_flight() const { return std::log(std::max(sum.mean_in_flight(), 1e-3)); }

bool ArmData::binds() const { return sum.at_limit_share() > binding_share; }

double dispersion(const Window& window) {
  return std::clamp(window.latency.squared_variation(), 0.3, 10.0);
}

int ArmData::freedom() const { return std::max(slices - 1, 0); }

double scatter(const ArmData& a, const ArmData& b) {
  const int freedom = a.freedom() + b.freedom();
  return freedom < 3 ? 0 : std::max(a.scatter() + b.scatter(), 0.0) / freedom;
}

Figures figures(const ArmData& lo, const ArmData& hi, double e_star, double phi) {
  Figures f;
  f.gain = hi.log_throughput() - lo.log_throughput();
  f.growth = hi.log_in_flight() - lo.log_in_flight();
  // Where a limit does not bind it is arrivals that are counted, whose dispersion is Poisson's.
  const double spread = lo.binds() && hi.binds() ? phi : std::max(phi, 1.0);
  f.error = error_of_gain(lo, hi, spread);
  f.z = (f.gain - e_star * f.growth) / f.error;
  f.elasticity = std::abs(f.growth) > 0.01 ? f.gain / f.growth : 0;
  return f;
}

std::optional<Ruling> judge(const ArmData& lo, const ArmData& hi, const Rule& rule, double phi,
                            bool time_is_up) {
  const int slices = std::min(lo.slices, hi.slices);
  if (slices < 1) return std::nullopt;
  const Figures f = figures(lo, hi, rule.e_star, phi);
  const bool over = time_is_up || std::min(successes(lo), successes(hi)) > most_samples;
  Answer answer;
  // Without binding there is no cause to climb, whatever the figures happen to say.
  if (f.growth < least_growth || (rule.up && !lo.binds())) {
    if (rule.probe || slices >= 2 || over) answer = judge_without_growth(lo, hi, rule);
  } else if (rule.objective == Objective::latency && rule.p99_bound) {
    answer = judge_bound(lo, hi, rule, f, over);
  } else {
    answer = rule.up ? judge_up(lo, hi, rule, f, over) : judge_down(lo, hi, rule, f, over);
  }
  if (answer) answer->figures = f;
  return answer;
}

Arm summary(const ArmData& data) {
  const Window& w = data.sum;
  return {.limit = w.limit,
          .samples = w.successes,
          .throughput = w.throughput(),
          .in_flight = w.mean_in_flight(),
          .p50 = w.latency.quantile(0.5),
          .p99 = w.latency.quantile(0.99),
          .shed_share = w.shed_share(),
          .failure_share = w.failure_share()};
}

}  // namespace sweetspot::tuner
