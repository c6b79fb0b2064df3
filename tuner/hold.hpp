#pragma once

#include <deque>
#include <optional>

#include "tuner/comparison.hpp"
#include "tuner/slicer.hpp"
#include "tuner/window.hpp"

namespace sweetspot::tuner {

// Watches a held limit: gathers windows of at least 100 successes, pools those that agree, and says
// when two in a row do not. A value.
class HoldMonitor {
 public:
  enum class Event {
    none,    // the window is not yet complete
    window,  // complete, nothing to report
    fell,    // throughput fell by over 18 % and 3.5 standard errors, four times, or by half at once
    rose,    // or rose by as much, twice
    failing,  // over 10 % of the answers late or failed, twice
  };

  void begin(Duration guard, Duration residence);  // returns to the limit; what was pooled is kept
  void forget();                                   // another limit, or another world
  // What this limit brought before others were tried: where the first window of the hold has less
  // than half of that or more than twice, the world changed meanwhile.
  void expect(const Window& before);
  Event add(const Window& window, double phi, std::optional<Duration> late_after);

  const Window& last() const { return last_; }
  bool binds() const;  // the last windows did: two where demand hardly left the limit, else five
  int binding_windows() const { return binding_; }
  std::optional<Window> pool() const;  // the last seconds' windows merged
  std::optional<Window> take_fresh();  // those since this was last called
  double scatter() const;              // of the pool's counts, as a dispersion: a noisy host's

 private:
  void restart(Duration guard);
  ArmData counts() const;  // of the pool, without the latency, whose sum is dear
  bool has_collapsed(double phi) const;
  bool is_another_world(double phi) const;
  Event classify(double phi, std::optional<Duration> late_after);

  Slicer slicer_;
  Duration residence_{};
  Window last_;
  struct Pooled {
    Window window;
    double burst;  // Slicer::burst()
  };
  double last_burst_ = 0;
  std::deque<Pooled> pooled_;
  std::optional<Window> expected_;
  std::optional<Window> fresh_;
  int binding_ = 0;  // windows in a row
  int fell_ = 0, rose_ = 0, failing_ = 0;
};

}  // namespace sweetspot::tuner
