#include "service/proxy/io/turn.hpp"

namespace sweetspot::proxy {

void Postponed::postpone(int turns) {
  if (is_postponed_) return;
  is_postponed_ = true;
  since_ = turn_.number_;
  turns_ = turns;
  previous_ = turn_.last_;
  next_ = nullptr;
  (previous_ != nullptr ? previous_->next_ : turn_.first_) = this;
  turn_.last_ = this;
  if (!std::exchange(turn_.has_asked_, true)) turn_.ask_for_next_();
}

void Postponed::forget() {
  if (!is_postponed_) return;
  is_postponed_ = false;
  (previous_ != nullptr ? previous_->next_ : turn_.first_) = next_;
  (next_ != nullptr ? next_->previous_ : turn_.last_) = previous_;
}

// Those that are there now: what is postponed meanwhile stands behind them.
void Turn::begin() {
  has_asked_ = false;
  ++number_;
  while (first_ != nullptr && first_->since_ != number_) {
    Postponed& one = *first_;
    one.forget();
    if (one.turns_ > 1)
      one.postpone(one.turns_ - 1);
    else
      one.on_turn();
  }
}

void Turn::note_load(TimePoint now, Duration ran) {
  is_full_ = std::chrono::duration<double>(ran - ran_) >= full_from_ * (now - noted_);
  noted_ = now;
  ran_ = ran;
}

}  // namespace sweetspot::proxy
