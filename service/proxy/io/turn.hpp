#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace sweetspot::proxy {

class Turn;

// What is better done some turns later. Its end forgets it.
class Postponed {
 public:
  explicit Postponed(Turn& turn) : turn_(turn) {}
  Postponed(const Postponed&) = delete;
  Postponed& operator=(const Postponed&) = delete;

  void postpone(int turns);  // nothing where it is already
  void forget();

 protected:
  ~Postponed() { forget(); }
  virtual void on_turn() noexcept = 0;  // may postpone it again; may destroy it

 private:
  friend class Turn;
  Turn& turn_;
  Postponed* previous_ = nullptr;
  Postponed* next_ = nullptr;
  std::uint64_t since_ = 0;  // the turn in which it was postponed
  int turns_ = 0;            // still to pass
  bool is_postponed_ = false;
};

// The turns of a worker's loop: each takes what the kernel has for it, and serves that. A read that
// is started before its peer can have answered asks the kernel in vain; some turns later, where
// there is enough to be done meanwhile, it mostly finds what it is for and needs no event. Where
// there is not, turns are empty ones, and cost more than they save: see is_full().
// One thread. Outlives what is postponed.
class Turn {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::nanoseconds;

  // `ask_for_next` has begin() called once the loop has looked for events, without waiting for any.
  // `full_from`: the share of a CPU from which the loop is full, 0..1; 0: it always is.
  Turn(std::function<void()> ask_for_next, double full_from)
      : ask_for_next_(std::move(ask_for_next)), full_from_(full_from) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  void begin();

  // Told now and then how long the loop's thread has run, in all: whether, since the time before,
  // it hardly ever had to wait for something to do.
  void note_load(TimePoint now, Duration ran);
  bool is_full() const { return is_full_; }

 private:
  friend class Postponed;

  std::function<void()> ask_for_next_;
  const double full_from_;
  Postponed* first_ = nullptr;
  Postponed* last_ = nullptr;
  std::uint64_t number_ = 0;
  bool has_asked_ = false;
  TimePoint noted_{};
  Duration ran_{};
  bool is_full_ = full_from_ == 0;
};

}  // namespace sweetspot::proxy
