#include "service/proxy/io/deadline.hpp"

#include <utility>

namespace sweetspot::proxy {

Deadlines::Deadlines(std::array<Duration, wait_count> lengths,
                     std::function<void(TimePoint)> on_earlier)
    : lengths_(lengths), on_earlier_(std::move(on_earlier)) {}

void Deadlines::arm(Deadline& deadline, Wait wait, TimePoint now) {
  disarm(deadline);
  List& list = lists_[static_cast<std::size_t>(wait)];
  deadline.at_ = now + length(wait);
  // A clock read a little earlier must not break the order.
  if (list.last != nullptr && deadline.at_ < list.last->at_) deadline.at_ = list.last->at_;
  deadline.wait_ = wait;
  deadline.armed_ = true;
  deadline.previous_ = list.last;
  deadline.next_ = nullptr;
  (list.last != nullptr ? list.last->next_ : list.first) = &deadline;
  list.last = &deadline;
  if (list.first == &deadline) tell(deadline.at_);
}

// All of one kind move by as much, so that their order stays.
void Deadlines::set_lengths(const std::array<Duration, wait_count>& lengths) {
  for (std::size_t kind = 0; kind < wait_count; ++kind) {
    const Duration moved = lengths[kind] - lengths_[kind];
    for (Deadline* one = lists_[kind].first; one != nullptr; one = one->next_) one->at_ += moved;
  }
  lengths_ = lengths;
  if (const auto next = earliest()) tell(*next);
}

void Deadlines::tell(TimePoint at) {
  if (told_ && *told_ <= at) return;
  told_ = at;
  on_earlier_(at);
}

void Deadlines::disarm(Deadline& deadline) {
  deadline.expired_ = false;
  if (deadline.armed_) unlink(deadline);
}

std::optional<TimePoint> Deadlines::sweep(TimePoint now) {
  for (List& list : lists_) {
    while (list.first != nullptr && list.first->at_ <= now) {
      Deadline& due = *list.first;
      unlink(due);
      due.expired_ = true;
      due.on_expiry();
    }
  }
  return told_ = earliest();
}

void Deadlines::unlink(Deadline& deadline) {
  List& list = lists_[static_cast<std::size_t>(deadline.wait_)];
  (deadline.previous_ != nullptr ? deadline.previous_->next_ : list.first) = deadline.next_;
  (deadline.next_ != nullptr ? deadline.next_->previous_ : list.last) = deadline.previous_;
  deadline.armed_ = false;
}

std::optional<TimePoint> Deadlines::earliest() const {
  std::optional<TimePoint> earliest;
  for (const List& list : lists_) {
    if (list.first != nullptr && (!earliest || list.first->at_ < *earliest)) {
      earliest = list.first->at_;
    }
  }
  return earliest;
}

}  // namespace sweetspot::proxy
