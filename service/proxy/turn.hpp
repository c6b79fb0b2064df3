#pragma once

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
// there is enough to be done meanwhile, it mostly finds what it is for and needs no event.
// One thread. Outlives what is postponed.
class Turn {
 public:
  // `ask_for_next` has begin() called once the loop has looked for events, without waiting for any.
  explicit Turn(std::function<void()> ask_for_next) : ask_for_next_(std::move(ask_for_next)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  void begin();

 private:
  friend class Postponed;

  std::function<void()> ask_for_next_;
  Postponed* first_ = nullptr;
  Postponed* last_ = nullptr;
  std::uint64_t number_ = 0;
  bool has_asked_ = false;
};

}  // namespace sweetspot::proxy
