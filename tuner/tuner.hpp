#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tuner/algorithm.hpp"
#include "tuner/objective.hpp"
#include "tuner/time.hpp"
#include "tuner/verdict.hpp"
#include "tuner/window.hpp"

namespace sweetspot::tuner {

struct Settings {
  Algorithm algorithm = Algorithm::sweetspot;
  Objective objective = Objective::balanced;
  std::optional<double> e_star{};       // overrides the objective's, 0.01..0.99
  std::optional<Duration> p99_bound{};  // objective latency only; required there
  int initial = 8;                      // permits; brought into min..max
  int min = 1;
  int max = 1000;
  std::optional<Duration>
      late_after{};         // an answer slower than this is late; default 10 x p99 at hold
  bool remembered = false;  // `initial` is the last good limit of an earlier run
  bool in_turns = false;    // explores from hold only while it is allowed to
  // Most of the requests of any minute of hold that probes may serve away from the held limit.
  double exploration = 0.05;          // 0..1
  double settled_exploration = 0.01;  // 0..1, after two minutes without a change of the limit
};

// What to do until the next step.
struct Step {
  int limit = 0;                   // the limit to put in force now
  Duration next_tick{};            // when to call step() again, at the latest
  std::optional<Verdict> verdict;  // where something was decided
};

class Decider;

// The decision core: windows in, limits and verdicts out. Pure and deterministic: the same windows
// at the same times give the same verdicts. Owned by one thread (the control loop, a simulator).
class Tuner {
 public:
  Tuner(Settings settings, TimePoint now);
  ~Tuner();
  Tuner(Tuner&&) noexcept;
  Tuner& operator=(Tuner&&) noexcept;

  // Takes what was seen since the last call. A window whose limit is not the one that this tuner
  // asked for is ignored. `now` never runs backwards.
  Step step(const Window& seen, TimePoint now);

  // Operator's orders; each returns its verdict and takes effect at once (read limit()).
  Verdict pin(int limit, TimePoint now);  // clamped to min..max
  Verdict unpin(TimePoint now);           // keeps the limit, and verifies from there
  Verdict retune(TimePoint now);          // unpins; searches anew from the limit held
  Verdict set_objective(Objective objective, std::optional<Duration> p99_bound, TimePoint now);
  Verdict set_bounds(int min, int max,
                     TimePoint now);  // min <= max; moves the held limit into them
  // Keeps the limit held and measures nothing; then watches it again, as a hold. `why` ends the
  // sentence where it is not an operator's order.
  Verdict pause(TimePoint now, std::string why = {});
  Verdict resume(TimePoint now, std::string why = {});

  // One of several replicas that explore in turns (`in_turns`). A turn that ends takes a probe
  // under way back to the held limit at once. A first search, retreats and what a fall of
  // throughput asks for never wait. `why` ends the verdict's sentence; none where it is so already.
  std::optional<Verdict> allow_exploration(bool allowed, std::string why, TimePoint now);
  bool is_exploring() const;      // from hold: a probe, or what follows from one
  bool wants_to_explore() const;  // would be, were it allowed
  // Starts from what another replica learnt, and verifies it. Only before the first search.
  std::optional<Verdict> adopt(int limit, std::string source, TimePoint now);

  // Each of the calls above, and each verdict, as a line of a recording (recording.hpp) from now
  // on. What has been before is not told, so set it before the first step.
  void record_to(std::function<void(std::string line)> sink) { sink_ = std::move(sink); }
  TimePoint began() const { return began_; }

  int limit() const;       // the limit in force, also while a probe runs
  int held_limit() const;  // the limit that the last verdict settled on
  State state() const;
  bool pinned() const;
  const Settings& settings() const;
  const std::optional<Verdict>& last_verdict() const;
  double exploration_share() const;  // of the last minute of hold's requests, those away from it

  // Whether its windows' latency shall hold every answer, whenever it was granted: so the field's.
  bool counts_every_answer() const { return settings().algorithm != Algorithm::sweetspot; }

 private:
  template <class Encode, class Call>
  auto recorded(Encode encode, Call call);

  std::unique_ptr<Decider> impl_;
  TimePoint began_{};
  std::function<void(std::string)> sink_;
};

}  // namespace sweetspot::tuner
