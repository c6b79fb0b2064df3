#pragma once

#include <optional>

#include "tuner/comparison.hpp"
#include "tuner/slicer.hpp"

namespace sweetspot::tuner {

// One comparison as it runs: which limit is in force when, until it is ruled. The arms take turns
// (held, other, other, held, held, other ...) so that a drift of the world falls on both alike.
class Trial {
 public:
  struct Plan {
    int held = 0;
    int other = 0;  // above held where rule.up
    Rule rule{};
    int in_force = 0;               // the limit before the trial
    Duration residence{};           // R at the held limit, as far as known
    double longer = 2;              // a larger limit is expected to take so many times R
                                    // (as little as 1 where the last climb paid in proportion)
    double phi = 0.3;               // the least dispersion to reckon with
    std::optional<Window> known{};  // what is known of the held limit: stands for its first slice
  };

  explicit Trial(Plan plan);

  // Takes a window measured at limit(); a ruling where it decided.
  std::optional<Ruling> add(const Window& window);

  // Ends the present slice before its time; it counts where it holds enough. A ruling where it
  // decided.
  std::optional<Ruling> cut();

  // Goes on after a time at the held limit, of which `meanwhile` is what was seen.
  void resume(std::optional<Window> meanwhile);

  // No longer a probe from hold. `anew`: the world has changed since the other limit was tried
  // before, so that of it only the last slice is kept.
  void search_on(bool anew);

  int limit() const { return is_held(turn_) ? plan_.held : plan_.other; }
  bool explores() const { return limit() != plan_.held; }
  Duration tick() const;  // how often to look
  const Plan& plan() const { return plan_; }
  const ArmData& lo() const { return plan_.rule.up ? held_ : other_; }
  const ArmData& hi() const { return plan_.rule.up ? other_ : held_; }
  const ArmData& held() const { return held_; }
  const ArmData& other() const { return other_; }
  Duration slice_residence() const { return residence_[is_held(turn_) ? 0 : 1]; }
  double phi() const;
  double leaning() const;  // towards leaving the held limit, in standard errors, of what there is
  double leaning_lately() const;  // ... of the other's last slice alone
  bool is_between_slices() const { return between_slices_; }

  // The held limit before the other was first tried, and after it was last tried.
  const std::optional<Window>& before() const { return before_; }
  const std::optional<Window>& after() const { return after_; }

 private:
  static bool is_held(int turn) { return ((turn + 1) / 2) % 2 == 0; }
  void begin_slice(int limit_before);
  void plan_length(Slicer::Target& target) const;
  void take(const Window& slice, double burst = 0);
  std::optional<Ruling> end_slice();
  double leaning_by(const ArmData& other) const;

  Plan plan_;
  Duration measured_{};  // in windows; time at rest does not count
  bool between_slices_ = true;
  int turn_ = 0;
  Slicer slicer_;
  ArmData held_, other_, lately_;  // lately: the other's last slice
  Duration residence_[2];          // held, other
  double rate_[2] = {0, 0};        // successes a second, as last measured; 0 where unknown
  std::optional<Window> before_, after_;
};

}  // namespace sweetspot::tuner
