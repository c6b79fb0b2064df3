#include "service/admission/deadline_heap.hpp"

#include <utility>

namespace sweetspot::admission {

void DeadlineHeap::push(Waiter& waiter) {
  heap_.push_back(&waiter);
  rise(waiter, heap_.size() - 1);
}

void DeadlineHeap::remove(Waiter& waiter) {
  const std::size_t at = std::exchange(waiter.heap_index_, Waiter::nowhere);
  if (at == Waiter::nowhere) return;
  Waiter& last = *heap_.back();
  heap_.pop_back();
  if (&last == &waiter) return;
  rise(last, at);
  sink(last, last.heap_index_);
}

void DeadlineHeap::place(Waiter& waiter, std::size_t at) {
  heap_[at] = &waiter;
  waiter.heap_index_ = at;
}

void DeadlineHeap::rise(Waiter& waiter, std::size_t at) {
  while (at > 0 && waiter.demand_.deadline < heap_[(at - 1) / 2]->demand_.deadline) {
    place(*heap_[(at - 1) / 2], at);
    at = (at - 1) / 2;
  }
  place(waiter, at);
}

void DeadlineHeap::sink(Waiter& waiter, std::size_t at) {
  for (std::size_t child; (child = 2 * at + 1) < heap_.size(); at = child) {
    if (child + 1 < heap_.size() &&
        heap_[child + 1]->demand_.deadline < heap_[child]->demand_.deadline) {
      ++child;
    }
    if (waiter.demand_.deadline <= heap_[child]->demand_.deadline) break;
    place(*heap_[child], at);
  }
  place(waiter, at);
}

}  // namespace sweetspot::admission
