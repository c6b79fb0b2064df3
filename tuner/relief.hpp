#pragma once

#include <optional>

#include "tuner/queue_growth.hpp"
#include "tuner/slicer.hpp"
#include "tuner/window.hpp"

namespace sweetspot::tuner {

// A look at whether a larger limit would serve all that comes, where the held one turns some away,
// or will: its queue grows. Slices in turns cannot tell that: what gathered in the queue at the
// held limit is served at the larger one, which is full until that is done. So this one stays until
// the queue is empty, or is seen not to get shorter. A value.
class Relief {
 public:
  enum class Answer { serves_all, turns_away };

  // A window at the held limit, which binds or not.
  void watch(const Window& last, Duration residence, TimePoint now);
  // Few enough are turned away, and for long enough, that it is worth asking, or the queue grows by
  // few enough; not above a limit that a look has led to. `held_for`: how long the held limit has
  // been in force.
  bool is_due(const Window& held, int windows, Duration held_for, TimePoint now) const;

  // `held`: what was seen at the held limit, with what its queue holds now.
  void begin(const Window& held, Duration residence, TimePoint now);
  // Takes a window at the larger limit; the answer when there is one, which ends it.
  std::optional<Answer> add(const Window& window);
  void end() { under_way_ = false; }
  void forget();  // another limit is held, or it is another world

  bool is_under_way() const { return under_way_; }
  const Window& held() const { return held_; }
  const Window& seen() const { return seen_; }  // the last slice at the larger limit

 private:
  std::optional<Answer> judge() const;
  bool has_looked(Duration span) const;
  void begin_slice(Duration after);

  bool under_way_ = false;
  Window held_, seen_;
  Duration residence_{}, looked_{};
  Slicer slicer_;
  QueueGrowth queue_;
  int reached_ = 0;  // by a look; what this limit sheds is not worth another doubling
  TimePoint next_{};
  Duration interval_ = first_interval;

  static constexpr Duration first_interval = std::chrono::seconds(30);  // doubling to 10 min
};

}  // namespace sweetspot::tuner
